"""Providers whose webhooks are forms: Twilio, SignalWire, Plivo, Vonage's SMS API, MessageBird, Africa's Talking, Kannel."""
import hashlib
import json
import os
import re
import time
import uuid
from urllib.parse import quote

from fake_provider import FORM, JSON, Provider, Request, Sent, Webhook, base64_of, basic, bearer_token, hmac_of, is_gsm, must, now_iso, serial
from house import PROGRAM, ROOT

EMPTY_XML = re.compile(rb'(<\?xml version="1.0" encoding="UTF-8"\?>)?\s*<Response\s*(/>|>\s*</Response>)\s*')
with open(os.path.join(ROOT, "tests", "vectors", "openapi", "twilio_fields.json")) as f:
    TWILIO_TEXT = " ".join(json.load(f)["CreateMessage"]["fields"])


class Twilio(Provider):
    kind = "twilio"
    account, key = "AC" + "5" * 32, "twilioauthtoken0123456789abcdef0"
    settings = {"account": account}
    secrets = ["webhook: " + key]
    signs_url = True
    base = "/2010-04-01"
    header = "X-Twilio-Signature"
    delivered = "delivered"
    opted_out = "undelivered", {"ErrorCode": "21610"}
    looks_up = True
    api_user, api_password = account, key

    def new_id(self):
        return "SM%032x" % next(serial)

    def take(self, request):
        request.authorized(basic(self.api_user, self.api_password))
        if request.method == "GET":
            one = re.fullmatch(r"%s/Accounts/%s/Messages/([^/]+)\.json" % (self.base, self.account), request.path)
            must(one and not request.query, "no such page", 404)
            sent = self.looked_up(one[1])
            return None, (200, {"sid": sent.id, "account_sid": self.account, "status": self.delivered, "to": sent.to, "from": sent.sender,
                                "body": sent.body, "error_code": None, "error_message": None})
        request.needs("POST", "%s/Accounts/%s/Messages.json" % (self.base, self.account))
        form = request.form("To From Body", TWILIO_TEXT)
        self.numbers(form["To"], form["From"])
        must(re.fullmatch(r"[1-9]\d*", form.get("ValidityPeriod", "60")) and int(form.get("ValidityPeriod", 60)) <= 36000, "ValidityPeriod")
        sent = Sent(form["To"], form["From"], form["Body"], form.get("StatusCallback"), ids=[self.new_id()])
        return sent, (201, {"sid": sent.id, "account_sid": self.account, "status": "queued", "to": form["To"], "from": form["From"],
                            "body": form["Body"], "num_segments": "1", "error_code": None, "error_message": None, "price": None,
                            "direction": "outbound-api", "date_created": time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())})

    def error(self, refused):
        return {"code": 20003 if refused.status == 401 else 21211, "message": refused.why, "status": refused.status, "more_info": ""}

    def inbound(self, sender, to, body, method="POST", **more):
        sid = self.new_id()
        return Webhook(method, self.address("sms"), {
            "ToCountry": "US", "MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid, "NumMedia": "0", "NumSegments": "1",
            "SmsStatus": "received", "AccountSid": self.account, "From": sender, "To": to, "Body": body, "FromCity": "", "FromState": "MI",
            "ApiVersion": "2010-04-01", **more})

    def report(self, sent, status, part, **error):
        return Webhook("POST", self.callback_of(sent), {
            "MessageSid": sent.id, "SmsSid": sent.id, "MessageStatus": status, "SmsStatus": status, "To": sent.to, "From": sent.sender,
            "AccountSid": self.account, "ApiVersion": "2010-04-01", **error})

    def signed_text(self, webhook):
        """The URL, then every parameter once, sorted."""
        return webhook.url.encode() + b"".join((n + v).encode() for n, v in sorted(set(webhook.form)))

    def sign(self, webhook, secret=None):
        webhook.headers[self.header] = base64_of(hmac_of("sha1", secret or self.key, self.signed_text(webhook)))
        return webhook

    def is_fine(self, answer):
        return answer.status == 200 and EMPTY_XML.fullmatch(answer.body) and answer.headers["content-type"].startswith(("text/xml", "application/xml"))


class SignalWire(Twilio):
    kind = "signalwire"
    account = api_user = "7d5f1d1c-4a0c-4c3c-9d0c-6f1a2b3c4d5e"
    key, api_password = "PSK_9b2b8077a304643a30ab2415", "PT0123456789abcdef"
    settings = {"account": account}
    secrets = ["webhook: " + key, "api: " + api_password]
    base = "/api/laml/2010-04-01"
    header = "X-SignalWire-Signature"
    takes_get = True

    def new_id(self):
        return str(uuid.uuid4())

    def signed_text(self, webhook):
        """A repeated name keeps all its values, in their order."""
        return webhook.url.encode() + b"".join((n + v).encode() for n, v in sorted(webhook.form, key=lambda pair: pair[0]))

    def variants(self, sender, body):
        old = self.text(sender, body)
        old.headers["X-Twilio-Signature"] = old.headers.pop(self.header)
        return {"the header's older name": old, "by GET": self.text(sender, body, method="GET")}


class Plivo(Provider):
    kind = "plivo"
    account, key = "MA2025RK4E639VJFZAGV", "plivoauthtoken0123456789abcdef012345"
    settings = {"account": account}
    secrets = ["webhook: " + key]
    plus = False
    signs_url = True
    takes_get = True
    delivered = "delivered"
    opted_out = "undelivered", {"ErrorCode": "200"}

    def take(self, request):
        request.authorized(basic(self.account, self.key))
        request.needs("POST", "/v1/Account/%s/Message/" % self.account)
        fields = request.json("src dst text", "type url method log media_urls message_expiry powerpack_uuid trackable")
        self.numbers(fields["dst"], fields["src"])
        must(fields.get("type", "sms") == "sms" and fields.get("method", "POST") == "POST", "type or method")
        sent = Sent(fields["dst"], fields["src"], fields["text"], fields.get("url"))
        return sent, (202, {"api_id": str(uuid.uuid4()), "message": "message(s) queued", "message_uuid": [sent.id]})

    def inbound(self, sender, to, body, method="POST"):
        return Webhook(method, self.address("sms"), {"From": sender, "To": to, "Text": body, "Type": "sms", "MessageUUID": str(uuid.uuid4()),
                                                     "Units": "1", "TotalRate": "0", "TotalAmount": "0"})

    def report(self, sent, status, part, **error):
        return Webhook("POST", self.callback_of(sent), {
            "MessageUUID": sent.id, "To": sent.to[1:], "From": sent.sender[1:], "Type": "sms", "Status": status, "Units": "1",
            "TotalRate": "0.00350", "TotalAmount": "0.00350", "MCC": "310", "MNC": "260", "ParentMessageUUID": sent.id,
            "PartInfo": "1 of 1", "Sequence": "2", **error})

    def sign(self, webhook, secret=None):
        """V3: address, sorted query, sorted parameters of the body, nonce."""
        nonce = "%020d" % (next(serial) * 7919 + time.time_ns())
        base = webhook.url.split("?")[0]
        query = "&".join("%s=%s" % pair for pair in sorted(webhook.query))
        if webhook.method == "GET":
            text = base + ("?" + query if query else "")
        else:
            posted = "".join(n + v for n, v in sorted(webhook.form))
            text = base + ("?" + query + ("." if query and posted else "") + posted if query or posted else "")
        webhook.headers["X-Plivo-Signature-V3"] = base64_of(hmac_of("sha256", secret or self.key, (text + "." + nonce).encode()))
        webhook.headers["X-Plivo-Signature-V3-Nonce"] = nonce
        return webhook

    def variants(self, sender, body):
        two, second = self.text(sender, body), self.inbound(self.number(sender), self.number(PROGRAM), body)
        two.headers["X-Plivo-Signature-V3"] = base64_of(b"x" * 32) + "," + two.headers["X-Plivo-Signature-V3"]
        base = second.url.split("?")[0]
        second.headers.update({"X-Plivo-Signature-V2-Nonce": "v2-%d" % time.time_ns()})
        second.headers["X-Plivo-Signature-V2"] = base64_of(
            hmac_of("sha256", self.key, (base + second.headers["X-Plivo-Signature-V2-Nonce"]).encode()))
        return {"two signatures while a token is changed": two, "the older signature": second, "by GET": self.text(sender, body, method="GET")}

    def is_fine(self, answer):
        return answer.status in (200, 204) and (answer.body == b"" or EMPTY_XML.fullmatch(answer.body))


class VonageSms(Provider):
    kind = "vonage-sms"
    account, key, api = "a1b2c3d4", "vonagesignaturesecret0123456789abcdef", "abcdef0123456789"
    scheme = "sha256hmac"
    settings = {"account": account, "signature": scheme}
    secrets = ["webhook: " + key, "api: " + api]
    plus = False
    takes_get = True
    delivered = "delivered"
    opted_out = "failed", {"err-code": "9"}

    def signature(self, fields, secret=None):
        text = "".join("&%s=%s" % (n, re.sub("[&=]", "_", v)) for n, v in sorted(fields) if n != "sig").encode()
        if self.scheme == "md5hash":
            return hashlib.md5(text + (secret or self.key).encode()).hexdigest()
        return hmac_of(self.scheme.removesuffix("hmac"), secret or self.key, text).hex()

    def take(self, request):
        request.needs("POST", "/sms/json")
        form = request.form("api_key from to text", "api_secret sig timestamp type status-report-req callback client-ref ttl message-class")
        must(form["api_key"] == self.account, "api_key", 401)
        if "sig" in form:
            must(form["sig"].lower() == self.signature(form.items()), "sig", 401)
            must(abs(int(form["timestamp"]) - time.time()) < 300, "timestamp", 401)
        else:
            must(form.get("api_secret") == self.api, "api_secret", 401)
        self.numbers(form["to"], form["from"])
        plain = is_gsm(form["text"])
        must(form.get("type", "text") == ("text" if plain else "unicode"), "type")
        must(form.get("status-report-req", "true") in ("true", "1"), "status-report-req")
        must(len(form.get("client-ref", "")) <= 40, "client-ref is too long")
        must(20000 <= int(form.get("ttl", 20000)) <= 604800000, "ttl")
        parts = max(1, -(-len(form["text"]) // (153 if plain else 67)))
        sent = Sent(form["to"], form["from"], form["text"], form.get("callback"), form.get("client-ref"),
                    ["%016X" % (0x0A0000000000 + next(serial)) for _ in range(parts)])
        return sent, (200, {"message-count": str(parts), "messages": [
            {"to": form["to"], "message-id": one, "status": "0", "remaining-balance": "3.14", "message-price": "0.03", "network": "310260",
             "client-ref": sent.ref} for one in sent.ids]})

    def stamp(self):
        return {"message-timestamp": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()), "api-key": self.account,
                "timestamp": str(int(time.time())), "nonce": str(uuid.uuid4())}

    def signed(self, method, url, fields, kind, secret):
        fields = {**fields, "sig": self.signature(fields.items(), secret)} if secret else fields
        return Webhook(method, url, fields, kind)

    def inbound(self, sender, to, body, method="POST", kind=FORM, secret=None, **more):
        return self.signed(method, self.address("sms"), {
            "msisdn": sender, "to": to, "messageId": "0B%014X" % next(serial), "text": body, "type": "text" if is_gsm(body) else "unicode",
            "keyword": body.split(" ")[0].upper(), **self.stamp(), **more}, kind, secret)

    def text(self, sender, body, to=PROGRAM, **options):
        return self.inbound(self.number(sender), self.number(to), body, **{"secret": self.key, **options})

    def receipt(self, sent, status=None, part=0, method="POST", **error):
        return self.signed(method, self.callback_of(sent), {
            "msisdn": sent.to[1:], "to": sent.sender[1:], "network-code": "310260", "messageId": sent.ids[part], "price": "0.03",
            "status": status or self.delivered, "err-code": "0", "scts": time.strftime("%y%m%d%H%M", time.gmtime()),
            "client-ref": sent.ref or "", **self.stamp(), **error}, FORM, self.key)

    def forgeries(self, sender, body):
        """The signature is one of the fields."""
        swapped = self.text(sender, "something else")
        swapped.body = swapped.body.replace(b"something+else", quote(body).encode())
        return {"no proof": (self.text(sender, body, secret=None), 403),
                "another secret": (self.text(sender, body, secret=self.another_secret), 403),
                "other words than those signed": (swapped, 403)}

    def variants(self, sender, body):
        return {"by GET": self.text(sender, body, method="GET"), "as JSON": self.text(sender, body, kind=JSON)}

    def is_fine(self, answer):
        return answer.status in (200, 204) and answer.body == b""


class MessageBird(Provider):
    kind = "messagebird"
    key, api = "messagebirdsigningkey0123456789", "live_0123456789abcdef"
    secrets = ["webhook: " + key, "api: " + api]
    plus = False
    signs_url = True
    takes_get = True
    delivered = "delivered"
    opted_out = "delivery_failed", {"statusErrorCode": "103"}

    def take(self, request):
        request.authorized("AccessKey " + self.api)
        request.needs("POST", "/messages")
        fields = request.json("originator recipients body", "reference reportUrl datacoding validity type gateway typeDetails scheduledDatetime")
        must(isinstance(fields["recipients"], list) and len(fields["recipients"]) == 1, "recipients")
        to = str(fields["recipients"][0])
        self.numbers(to, fields["originator"])
        must(fields.get("datacoding", "auto") in ("auto", "plain", "unicode") and fields.get("type", "sms") == "sms", "datacoding or type")
        must(isinstance(fields.get("validity", 1), int), "validity")
        sent = Sent(to, fields["originator"], fields["body"], fields.get("reportUrl"), fields.get("reference"), [uuid.uuid4().hex])
        return sent, (201, {"id": sent.id, "direction": "mt", "type": "sms", "originator": fields["originator"], "body": sent.body,
                            "reference": sent.ref, "recipients": {"totalCount": 1, "totalSentCount": 1, "items": [
                                {"recipient": int(to), "status": "sent", "statusDatetime": now_iso()}]}})

    def inbound(self, sender, to, body, method="POST"):
        return Webhook(method, self.address("sms"), {"id": uuid.uuid4().hex, "recipient": to, "originator": sender, "body": body,
                                                     "createdDatetime": now_iso()})

    def report(self, sent, status, part, **error):
        return Webhook("GET", self.callback_of(sent), {
            "id": sent.id, "reference": sent.ref or "", "recipient": sent.to[1:], "status": status, "statusReason": "successfully delivered",
            "statusDatetime": now_iso(), **error})

    def sign(self, webhook, secret=None):
        now = int(time.time())
        claims = {"iss": "MessageBird", "nbf": now - 1, "exp": now + 59, "jti": str(uuid.uuid4()),
                  "url_hash": hashlib.sha256(webhook.url.encode()).hexdigest()}
        if webhook.body:
            claims["payload_hash"] = hashlib.sha256(webhook.body).hexdigest()
        webhook.headers["MessageBird-Signature-JWT"] = bearer_token(secret or self.key, claims)
        return webhook

    def variants(self, sender, body):
        short = Webhook("POST", self.address("sms"), {
            "mid": uuid.uuid4().hex, "shortcode": PROGRAM[1:], "originator": sender[1:], "message": body,
            "receive_datetime": time.strftime("%Y%m%d%H%M%S", time.gmtime())})
        return {"by GET": self.text(sender, body, method="GET"), "as from a short code": self.sign(short)}

    def is_fine(self, answer):
        return answer.status == 200 and answer.body in (b"", b"OK")


class Secretive(Provider):
    """Who signs nothing: only the path is known to nobody else."""
    path = "q7XnR2vLk9TzPw4JmB8sYcD6fHgA3eUi"
    signs_body = False

    def change_secret(self):
        self.path = self.path[:-4] + "NEW4"
        return ["path: " + self.path] + self.secrets

    def forgeries(self, sender, body):
        found = {}
        for name, path in (("without the path", ""), ("another path", self.path[:-1] + "j"), ("half the path", self.path[:16])):
            webhook = self.text(sender, body)
            webhook.url = webhook.url.replace(self.path + "/", path + "/" if path else "")
            found[name] = (webhook, (403, 404))
        return found


class AfricasTalking(Secretive):
    kind = "africastalking"
    account, api = "warmline", "atsk_0123456789abcdef0123456789abcdef"
    settings = {"account": account}
    secrets = ["path: " + Secretive.path, "api: " + api]
    delivered = "Success"
    opted_out = "Failed", {"failureReason": "UserInBlackList"}

    def take(self, request):
        must(request.headers.get("apikey") == self.api, "apikey", 401)
        must(request.headers.get("Accept") == JSON, "without Accept the answer is XML")
        request.needs("POST", "/version1/messaging")
        form = request.form("username to message", "from bulkSMSMode enqueue linkId keyword retryDurationInHours")
        must(form["username"] == self.account, "username", 401)
        self.numbers(form["to"], form["from"])
        sent = Sent(form["to"], form["from"], form["message"], None, ids=["ATXid_%032x" % next(serial)])
        return sent, (201, {"SMSMessageData": {"Message": "Sent to 1/1 Total Cost: KES 0.8000", "Recipients": [
            {"statusCode": 101, "number": form["to"], "status": "Success", "cost": "KES 0.8000", "messageId": sent.id}]}})

    def inbound(self, sender, to, body, date="%Y-%m-%d %H:%M:%S"):
        return Webhook("POST", self.address("sms"), {
            "id": str(uuid.uuid4()), "from": sender, "to": to, "text": body, "date": time.strftime(date, time.gmtime()), "linkId": "",
            "networkCode": "63902", "cost": "KES 0.0000"})

    def report(self, sent, status, part, **error):
        return Webhook("POST", self.address("status"), {"id": sent.id, "status": status, "phoneNumber": sent.to, "networkCode": "63902",
                                                        "retryCount": "0", "failureReason": "", **error})

    def variants(self, sender, body):
        return {"its other way to write a date": self.text(sender, body, date="%Y-%m-%dT%H:%M:%SZ")}

    def is_fine(self, answer):
        return answer.status == 200


class Kannel(Secretive):
    kind = "kannel"
    account, api = "warmline", "kannelpassword1"
    settings = {"account": account, "networks": "[127.0.0.1]"}
    secrets = ["path: " + Secretive.path, "api: " + api]
    delivered = "1"
    gives_id = False
    takes_get = True
    delivered_as = {"1": "stat:DELIVRD err:000"}

    def take(self, request):
        must(request.method == "GET" and request.path == "/cgi-bin/sendsms", "no such page", 404)
        names = [n for n, _ in request.query]
        must(len(names) == len(set(names)), "a field is there twice")
        fields = dict(request.query)
        Request.known(fields, "username password from to text",
                      "coding charset dlr-mask dlr-url smsc validity deferred priority mclass mwi account meta-data binfo")
        must((fields["username"], fields["password"]) == (self.account, self.api), "Authorization failed for sendsms", 403)
        self.numbers(fields["to"], fields["from"])
        must(fields.get("charset", "UTF-8").upper() == "UTF-8" and fields.get("coding", "0") in ("0", "2"), "coding or charset")
        must(fields.get("coding", "0") == ("0" if is_gsm(fields["text"]) else "2"), "the text does not fit its coding, or is dearer than need be")
        if "dlr-url" in fields:
            must(int(fields.get("dlr-mask", 0)) & 3 == 3, "dlr-mask leaves the end out")
            must("%d" in fields["dlr-url"], "dlr-url does not say what became of it")
        return Sent(fields["to"], fields["from"], fields["text"], fields.get("dlr-url")), (202, "0: Accepted for delivery")

    def get_url(self, text, **values):
        """As Kannel does it: %x replaced by values, which are URL-encoded."""
        values["%"] = "%"
        return re.sub("%(.)", lambda m: quote(values.get(m[1], ""), safe="%" if m[1] == "%" else ""), text)

    def inbound(self, sender, to, body, message_id=None):
        told = self.address("sms") + "?id=%I&ts=%T&from=%q&to=%Q&coding=%c&charset=%C&text=%b"  # config/providers/kannel.yaml
        return Webhook("GET", self.get_url(told, I=str(uuid.uuid4()) if message_id is None else message_id, T=str(int(time.time())), q=sender,
                                           Q=to, c="0" if is_gsm(body) else "2", C="UTF-8", b=body))

    def report(self, sent, status, part, **error):
        return Webhook("GET", self.get_url(sent.callback, d=status, A="id:%s %s" % (sent.id, self.delivered_as.get(status, "")), I=sent.id,
                                           T=str(int(time.time())), i="smsc", p=sent.to, P=sent.sender))

    def variants(self, sender, body):
        return {"without an id, as some SMSCs": self.text(sender, body, message_id="")}

    def is_fine(self, answer):
        return answer.status == 200 and answer.body == b""

    def error(self, refused):
        return refused.why
