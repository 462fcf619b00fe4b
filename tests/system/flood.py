"""Many texts at once, and the count afterwards: what was answered 200 must be in a log, once."""
import collections
import concurrent.futures
import threading
import time

import requests

from house import PROGRAM, SLOW


class Flood:
    """Texts from `senders` numbers, each number strictly one after the other, over `threads`."""

    def __init__(self, house, total, senders=48, threads=16, pause_s=0):
        self.house, self.total = house, total
        self.numbers = ["+1313555%04d" % (2000 + i) for i in range(senders)]
        self.threads, self.pause_s = threads, pause_s
        self.answers = []       # (number, provider id, status) in the order of each sender
        self.lock = threading.Lock()
        self.stopped, self.never = threading.Event(), threading.Event()

    def _one_sender(self, number, texts):
        with requests.Session() as session:
            session.trust_env = False
            for i in range(texts):
                answer = session.post("http://127.0.0.1:%d/sim/text" % self.house.carrier_port, timeout=60 * SLOW, json={
                    "from": number, "to": PROGRAM, "body": "the same words again" if i % 5 else "day %d" % i}).json()
                self.never.wait(self.pause_s)
                with self.lock:
                    self.answers.append((number, answer["sid"], answer["status"]))

    def run(self, meanwhile=None):
        """Sends all texts; `meanwhile(flood)` runs beside it until the last text is answered."""
        share = self.total // len(self.numbers)
        with concurrent.futures.ThreadPoolExecutor(self.threads) as pool:
            senders = [pool.submit(self._one_sender, n, share) for n in self.numbers]
            trouble = None
            if meanwhile:
                trouble = threading.Thread(target=meanwhile, args=(self,))
                trouble.start()
            try:
                for sender in senders:
                    sender.result()
            finally:
                self.stopped.set()
                if trouble:
                    trouble.join()

    def accepted(self):
        by_number = collections.defaultdict(list)
        for number, sid, status in self.answers:
            if status == 200:
                by_number[number].append(sid)
        return by_number

    def problems(self, seconds=60):
        """Waits until every log holds what was answered; returns sentences about what is wrong."""
        deadline = time.time() + seconds * SLOW
        wanted = self.accepted()
        wrong = ["nothing was accepted"]
        while time.time() < deadline:
            wrong = [p for number, sids in wanted.items() for p in self._of(number, sids)]
            if not any("missing" in p for p in wrong):
                break
            time.sleep(0.5)
        return wrong

    def _of(self, number, sids):
        seen = self.house.texts_in(number)
        counts = collections.Counter(seen)
        wrong = ["%s: %s missing" % (number, s) for s in sids if not counts[s]]
        wrong += ["%s: %s %d times" % (number, s, counts[s]) for s in counts if counts[s] > 1]
        mine = [s for s in seen if s in set(sids)]
        if not wrong and mine != sids:
            wrong.append("%s: texts are out of order" % number)
        return wrong
