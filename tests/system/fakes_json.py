"""Providers whose webhooks are JSON: Telnyx, Vonage's Messages API, Bandwidth, Sinch, Infobip."""
import base64
import hashlib
import json
import os
import time
import uuid

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fake_provider import JSON, Provider, Sent, Webhook, base64_of, basic, bearer_token, hmac_of, must, now_iso, serial
from fakes_form import Secretive
from house import PROGRAM


def public_half(private):
    return base64_of(private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw))


class Telnyx(Provider):
    kind = "telnyx"
    private = Ed25519PrivateKey.from_private_bytes(b"telnyx of the tests, 32 bytes...")
    api = "KEY0123456789ABCDEF_abcdefghijklmnopqrstuv"
    secrets = ["webhook: " + public_half(private), "api: " + api]
    same_path = True
    looks_up = True
    delivered = "delivered"
    opted_out = "delivery_failed", {"errors": [{"code": "40300", "title": "Blocked due to STOP message", "detail": "..."}]}

    def take(self, request):
        request.authorized("Bearer " + self.api)
        if request.method == "GET":
            must(request.path.startswith("/v2/messages/"), "no such page", 404)
            sent = self.looked_up(request.path.removeprefix("/v2/messages/"))
            return None, (200, {"data": {"record_type": "message", "direction": "outbound", "id": sent.id, "errors": [], "text": sent.body,
                                         "from": {"phone_number": sent.sender}, "to": [{"phone_number": sent.to, "status": self.delivered}]}})
        request.needs("POST", "/v2/messages")
        fields = request.json("to from text", "messaging_profile_id webhook_url webhook_failover_url use_profile_webhooks media_urls type "
                                              "subject encoding auto_detect send_at tags")
        self.numbers(fields["to"], fields["from"])
        must(fields.get("type", "SMS") == "SMS" and fields.get("encoding", "auto") in ("auto", "gsm7", "ucs2"), "type or encoding")
        sent = Sent(fields["to"], fields["from"], fields["text"], fields.get("webhook_url"))
        return sent, (200, {"data": {"record_type": "message", "direction": "outbound", "id": sent.id, "type": "SMS", "parts": 1,
                                     "from": {"phone_number": sent.sender}, "to": [{"phone_number": sent.to, "status": "queued"}],
                                     "text": sent.body, "errors": [], "webhook_url": sent.callback, "tags": fields.get("tags", [])}})

    def error(self, refused):
        return {"errors": [{"code": "10009" if refused.status == 401 else "10005", "title": "Refused", "detail": refused.why}]}

    def event(self, url, event_type, payload):
        return Webhook("POST", url, {
            "data": {"event_type": event_type, "id": str(uuid.uuid4()), "occurred_at": now_iso(), "record_type": "event", "payload": payload},
            "meta": {"attempt": 1, "delivered_to": url}}, JSON)

    def inbound(self, sender, to, body):
        return self.event(self.address("sms"), "message.received", {
            "record_type": "message", "direction": "inbound", "id": str(uuid.uuid4()), "type": "SMS", "messaging_profile_id": str(uuid.uuid4()),
            "from": {"phone_number": sender, "carrier": "Fiction", "line_type": "Wireless"},
            "to": [{"phone_number": to, "status": "webhook_delivered", "carrier": "Telnyx", "line_type": "Wireless"}], "cc": [], "text": body,
            "media": [], "parts": 1, "encoding": "GSM-7", "errors": [], "tags": [], "received_at": now_iso(), "sent_at": None,
            "completed_at": None, "valid_until": None, "cost": None})

    def report(self, sent, status, part, **error):
        return self.event(self.callback_of(sent), "message.finalized", {
            "record_type": "message", "direction": "outbound", "id": sent.id, "type": "SMS", "from": {"phone_number": sent.sender},
            "to": [{"phone_number": sent.to, "status": status, "carrier": "Fiction", "line_type": "Wireless"}], "text": sent.body,
            "parts": 1, "errors": [], "sent_at": now_iso(), "completed_at": now_iso(), "cost": {"amount": "0.004", "currency": "USD"}, **error})

    def sign(self, webhook, secret=None, at=None):
        stamp = str(int(at or time.time()))
        private = Ed25519PrivateKey.from_private_bytes(secret.encode()) if secret else self.private
        webhook.headers["telnyx-timestamp"] = stamp
        webhook.headers["telnyx-signature-ed25519"] = base64_of(private.sign(stamp.encode() + b"|" + webhook.body))
        return webhook

    def change_secret(self):
        self.private = Ed25519PrivateKey.from_private_bytes(b"telnyx of the tests, a new key..")
        return ["webhook: " + public_half(self.private)] + self.secrets

    def forgeries(self, sender, body):
        old = self.inbound(sender, PROGRAM, body)
        return {**super().forgeries(sender, body), "signed six minutes ago": (self.sign(old, at=time.time() - 360), 403)}

    def is_fine(self, answer):
        return answer.status in (200, 204)


class Vonage(Provider):
    kind = "vonage"
    account, key, api = "a1b2c3d4", "vonagesignaturesecret0123456789abcdef", "abcdef0123456789"
    application = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
    settings = {"account": account}
    secrets = ["webhook: " + key, "api: " + api]
    plus = False
    delivered = "delivered"
    private = None  # with one, requests must be signed by it

    def use_private_key(self, house):
        """The application's key, as Vonage gives it out; returns its file."""
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        with open(house.config + "/vonage.key", "wb") as f:
            f.write(self.private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        os.chmod(house.config + "/vonage.key", 0o600)

    def claims_of(self, header):
        """Of a token that the application signed (RS256)."""
        parts = (header or "").removeprefix("Bearer ").split(".")
        must(len(parts) == 3, "no token", 401)
        head, claims, signature = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts)
        must(json.loads(head)["alg"] == "RS256", "alg", 401)
        self.private.public_key().verify(signature, ".".join(parts[:2]).encode(), padding.PKCS1v15(), hashes.SHA256())
        return json.loads(claims)

    def authorize(self, request):
        if not self.private:
            request.authorized(basic(self.account, self.api))
            return
        claims, now = self.claims_of(request.headers.get("Authorization")), time.time()
        must(claims["application_id"] == self.application and claims["jti"], "application_id or jti", 401)
        must(abs(claims["iat"] - now) < 60 and now < claims["exp"] <= claims["iat"] + 86400, "iat or exp", 401)

    def take(self, request):
        self.authorize(request)
        request.needs("POST", "/v1/messages")
        fields = request.json("message_type channel to from text", "client_ref webhook_url webhook_version ttl sms")
        must((fields["message_type"], fields["channel"]) == ("text", "sms"), "message_type or channel", 422)
        self.numbers(fields["to"], fields["from"])
        must(len(fields.get("client_ref", "")) <= 40, "client_ref is too long", 422)
        must(isinstance(fields.get("ttl", 1), int) and fields.get("ttl", 1) > 0, "ttl", 422)
        sent = Sent(fields["to"], fields["from"], fields["text"], fields.get("webhook_url"), fields.get("client_ref"))
        return sent, (202, {"message_uuid": sent.id})

    def error(self, refused):
        return {"type": "https://developer.vonage.com/api-errors#x", "title": "Refused", "detail": refused.why, "instance": "x"}

    def inbound(self, sender, to, body):
        return Webhook("POST", self.address("sms"), {
            "channel": "sms", "message_uuid": str(uuid.uuid4()), "to": to, "from": sender, "timestamp": now_iso(), "message_type": "text",
            "text": body, "sms": {"num_messages": "1", "keyword": body.split(" ")[0].upper()}, "usage": {"price": "0.0057", "currency": "EUR"}}, JSON)

    def report(self, sent, status, part, **error):
        fields = {"message_uuid": sent.id, "to": sent.to[1:], "from": sent.sender[1:], "timestamp": now_iso(), "status": status,
                  "channel": "sms", "usage": {"price": "0.0333", "currency": "EUR"}}
        return Webhook("POST", self.callback_of(sent), {**fields, **({"client_ref": sent.ref} if sent.ref else {})}, JSON)

    def sign(self, webhook, secret=None):
        claims = {"iat": int(time.time()), "jti": str(uuid.uuid4()), "iss": "Vonage", "api_key": self.account,
                  "payload_hash": hashlib.sha256(webhook.body).hexdigest(), "application_id": self.application}
        webhook.headers["Authorization"] = "Bearer " + bearer_token(secret or self.key, claims)
        return webhook

    def is_fine(self, answer):
        return answer.status in (200, 204)


class Bandwidth(Provider):
    kind = "bandwidth"
    account, application, user, password, api = "5500001", "93de2206-9669-4e07-948d-329f4b722ee2", "api-user", "callbackpassword", "apipassword"
    settings = {"account": '"%s"' % account, "application": application, "user": user, "webhook_user": "warmline"}
    secrets = ["webhook: " + password, "api: " + api]
    same_path = True
    signs_body = False
    looks_up = True
    delivered = "message-delivered"
    opted_out = "message-failed", {"errorCode": 4775}

    def take(self, request):
        request.authorized(basic(self.user, self.api))
        if request.method == "GET":
            request.needs("GET", "/api/v2/users/%s/messages" % self.account)
            must([name for name, _ in request.query] == ["messageId"], "query")
            sent = self.looked_up(request.query[0][1])
            return None, (200, {"totalCount": 1, "pageInfo": {}, "messages": [
                {"messageId": sent.id, "accountId": self.account, "sourceTn": sent.sender, "destinationTn": sent.to, "messageStatus": "DELIVERED",
                 "messageDirection": "OUTBOUND", "messageType": "sms", "segmentCount": 1, "receiveTime": now_iso()}]})
        request.needs("POST", "/api/v2/users/%s/messages" % self.account)
        fields = request.json("applicationId to from text", "media tag priority expiration")
        must(fields["applicationId"] == self.application, "applicationId")
        must(isinstance(fields["to"], list) and len(fields["to"]) == 1, "to")
        self.numbers(fields["to"][0], fields["from"])
        sent = Sent(fields["to"][0], fields["from"], fields["text"], ref=fields.get("tag"), ids=["16%015dloidf7mcwd4qacn7" % next(serial)])
        return sent, (202, {"id": sent.id, "owner": sent.sender, "applicationId": self.application, "time": now_iso(), "segmentCount": 1,
                            "direction": "out", "to": [sent.to], "from": sent.sender, "text": sent.body, "tag": sent.ref})

    def error(self, refused):
        return {"type": "request-validation", "description": refused.why}

    def event(self, event_type, to, description, message, **error):
        return Webhook("POST", self.address("sms"), [
            {"type": event_type, "time": now_iso(), "description": description, "to": to, **error,
             "message": {"time": now_iso(), "applicationId": self.application, "priority": "default", "segmentCount": 1, **message}}], JSON)

    def inbound(self, sender, to, body):
        return self.event("message-received", to, "Incoming message received", {
            "id": str(uuid.uuid4()), "owner": to, "direction": "in", "to": [to], "from": sender, "text": body})

    def report(self, sent, status, part, **error):
        return self.event(status, sent.to, "ok", {"id": sent.id, "owner": sent.sender, "direction": "out", "to": [sent.to], "from": sent.sender,
                                                  "text": "", "tag": sent.ref or ""}, **error)

    def sign(self, webhook, secret=None):
        webhook.headers["Authorization"] = basic("warmline", secret or self.password)
        return webhook

    def change_secret(self):
        self.password = "newcallbackpassword"
        return ["webhook: " + self.password] + self.secrets

    def forgeries(self, sender, body):
        found = super().forgeries(sender, body)
        other = self.inbound(sender, PROGRAM, body)
        other.headers["Authorization"] = basic("somebody", self.password)
        return {**found, "no proof": (found["no proof"][0], 401), "another user": (other, 403)}

    def is_fine(self, answer):
        return answer.status in (200, 204)


class Sinch(Provider):
    kind = "sinch"
    account, key, api = "0123456789abcdef0123456789abcdef", "sinchwebhooksecret", "sinchapitoken0123456789"
    settings = {"account": account}
    secrets = ["webhook: " + key, "api: " + api]
    plus = False
    same_path = True
    delivered = "Delivered"

    def take(self, request):
        request.authorized("Bearer " + self.api)
        request.needs("POST", "/xms/v1/%s/batches" % self.account)
        fields = request.json("from to body", "delivery_report callback_url client_reference expire_at send_at flash_message type feedback_enabled")
        must(isinstance(fields["to"], list) and len(fields["to"]) == 1 and fields.get("type", "mt_text") == "mt_text", "to or type")
        must(fields.get("delivery_report", "none") in ("none", "summary", "full", "per_recipient", "per_recipient_final"), "delivery_report")
        must(len(fields.get("client_reference", "")) <= 2048, "client_reference")
        to, sender = ("+" + number.lstrip("+") for number in (fields["to"][0], fields["from"]))  # takes both forms
        sent = Sent(to, sender, fields["body"], fields.get("callback_url"), fields.get("client_reference"), ["01FC66621XXXXX%012d" % next(serial)])
        sent.asked = fields.get("delivery_report", "none")
        return sent, (201, {"id": sent.id, "to": [to[1:]], "from": sender[1:], "canceled": False, "body": sent.body, "type": "mt_text",
                            "created_at": now_iso(), "modified_at": now_iso(), "delivery_report": sent.asked})

    def error(self, refused):
        return {"code": "syntax_invalid_parameter_format", "text": refused.why}

    def inbound(self, sender, to, body):
        return Webhook("POST", self.address("sms"), {
            "type": "mo_text", "id": "01FC66%020d" % next(serial), "from": sender, "to": to, "body": body, "operator_id": "310260",
            "received_at": now_iso(), "sent_at": now_iso()}, JSON)

    def report(self, sent, status, part, **error):
        assert sent.asked.startswith("per_recipient"), "nobody asked for receipts"
        return Webhook("POST", self.callback_of(sent), {
            "type": "recipient_delivery_report_sms", "batch_id": sent.id, "recipient": sent.to[1:], "code": 0, "status": status,
            "at": now_iso(), "operator_status_at": now_iso(), **({"client_reference": sent.ref} if sent.ref else {})}, JSON)

    def sign(self, webhook, secret=None):
        nonce, stamp = uuid.uuid4().hex.upper(), str(int(time.time()))
        text = webhook.body + b"." + nonce.encode() + b"." + stamp.encode()
        webhook.headers.update({
            "x-sinch-webhook-signature-nonce": nonce, "x-sinch-webhook-signature-timestamp": stamp,
            "x-sinch-webhook-signature-algorithm": "HmacSHA256",
            "x-sinch-webhook-signature": base64_of(hmac_of("sha256", secret or self.key, text))})
        return webhook

    def variants(self, sender, body):
        plus = self.inbound(sender, PROGRAM, body)
        return {"numbers with their +": self.sign(plus)}

    def is_fine(self, answer):
        return answer.status in (200, 204)


class Infobip(Secretive):
    kind = "infobip"
    api, password = "0123456789abcdef0123456789abcdef-01234567-89ab-cdef-0123-456789abcdef", "callbackpassword"
    settings = {"webhook_user": "warmline"}
    secrets = ["path: " + Secretive.path, "webhook: " + password, "api: " + api]
    plus = False
    delivered = "DELIVERED"
    groups = {"PENDING": 1, "UNDELIVERABLE": 2, "DELIVERED": 3, "EXPIRED": 4, "REJECTED": 5}

    def take(self, request):
        request.authorized("App " + self.api)
        request.needs("POST", "/sms/3/messages")
        message, = request.json("messages", "options")["messages"]
        request.known(message, "sender destinations content", "webhooks options")
        destination, = message["destinations"]
        request.known(destination, "to", "messageId networkId")
        request.known(message["content"], "text", "transliteration language")
        webhooks = message.get("webhooks", {})
        request.known(webhooks, "", "delivery contentType callbackData")
        request.known(webhooks.get("delivery", {}), "", "url intermediateReport notify")
        self.numbers(destination["to"], message["sender"])
        sent = Sent(destination["to"], message["sender"], message["content"]["text"], webhooks.get("delivery", {}).get("url"),
                    webhooks.get("callbackData"), [destination.get("messageId") or "%022d" % next(serial)])
        return sent, (200, {"bulkId": "%022d" % next(serial), "messages": [
            {"messageId": sent.id, "destination": destination["to"], "details": {"messageCount": 1},
             "status": {"groupId": 1, "groupName": "PENDING", "id": 26, "name": "PENDING_ACCEPTED", "description": "accepted"}}]})

    def error(self, refused):
        return {"requestError": {"serviceException": {"messageId": "BAD_REQUEST", "text": refused.why}}}

    def result(self, sender, to, body):
        return {"messageId": str(817790313235066447 + next(serial)), "from": sender, "to": to, "text": body, "cleanText": body, "keyword": "",
                "receivedAt": time.strftime("%Y-%m-%dT%H:%M:%S.000+0000", time.gmtime()), "smsCount": 1,
                "price": {"pricePerMessage": 0, "currency": "EUR"}, "callbackData": None}

    def inbound(self, sender, to, *bodies):
        return Webhook("POST", self.address("sms"), {"results": [self.result(sender, to, body) for body in bodies],
                                                     "messageCount": len(bodies), "pendingMessageCount": 0}, JSON)

    def report(self, sent, status, part, **error):
        return Webhook("POST", self.callback_of(sent), {"results": [
            {"bulkId": "1", "messageId": sent.id, "to": sent.to[1:], "sender": sent.sender[1:], "sentAt": now_iso(), "doneAt": now_iso(),
             "messageCount": 1, "mccMnc": "310260", "callbackData": sent.ref, "price": {"pricePerMessage": 0.01, "currency": "EUR"},
             "status": {"groupId": self.groups[status], "groupName": status, "id": 5, "name": "DELIVERED_TO_HANDSET", "description": "ok"},
             "error": {"groupId": 0, "groupName": "OK", "id": 0, "name": "NO_ERROR", "description": "No Error", "permanent": False}}]}, JSON)

    def sign(self, webhook, secret=None):
        webhook.headers["Authorization"] = basic("warmline", secret or self.password)
        return webhook

    def forgeries(self, sender, body):
        ours, theirs = self.number(PROGRAM), self.number(sender)
        return {**super().forgeries(sender, body), "no password": (self.inbound(theirs, ours, body), (401, 403)),
                "another password": (self.sign(self.inbound(theirs, ours, body), secret="password1"), 403)}

    def is_fine(self, answer):
        return answer.status in (200, 204)
