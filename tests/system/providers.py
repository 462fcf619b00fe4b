"""Telephony providers as they are seen from outside: an API that texts leave by, and webhooks with their proofs.

    with provider("telnyx") as telnyx:                    # an HTTP server on a port of its own
        house = House(edits={"warmline.yaml": telnyx.edits()})
        telnyx.tell(house)                                # secrets file, addresses
        house.start()
        answer = telnyx.post(telnyx.text("+12025550150", "JOIN"))
        sent = telnyx.wait_sent("+12025550150", "YES")    # what the request for it said
        telnyx.post(telnyx.receipt(sent))
        assert not telnyx.complaints                      # requests that the provider would not take

Written from the providers' descriptions and not from our C code: what both agree about was understood twice.
Requests that differ from what is documented (a field nobody knows, a number in another form, a wrong key) are
refused as the provider does, and kept in `complaints`.
"""
import fakes_form
import fakes_json
from fake_provider import Provider

KINDS = {c.kind: c for room in (fakes_form, fakes_json) for c in vars(room).values()
         if isinstance(c, type) and issubclass(c, Provider) and c.kind}


def provider(kind):
    """A running fake of this kind."""
    return KINDS[kind]()
