"""Equal requests reach the model once; the record says which were answered by
the cache."""

import json
import unittest

from workbench import EndToEndTest, json_lines

PROGRAM = """module = "Test.Triage"
name = "triage"
adapter = "native"
signature = "ticket: str -> category: literal['bug', 'billing']"
"""
PATIENT = PROGRAM.replace("riage", "riage2") + """
[lm]
cache = false
"""


class ModelCache(EndToEndTest):
    def setUp(self):
        super().setUp()
        self.model = self.start("lm-sim", "--port", 0, "-f", "jsonl")
        self.base_url = json.loads(self.model.read_line())["base_url"]
        self.write_records("in.jsonl", "ticket", ["Charged twice.", "It hangs."])

    def triage(self, program, cache="sqlite:cache.db"):
        self.write("p.toml", program)
        status, _, err = self.run_dspex(
            "run", "p.toml", "--input", "in.jsonl", "-o", "out.jsonl",
            "--config-set", f"lm.base_url={self.base_url}", "--config-set",
            f"lm.cache={cache}")
        self.assertEqual(status, 0, err)
        return {x["inputs"]["ticket"]: x["outputs"]
                for x in json_lines(self.read("out.jsonl"))}

    def usage(self):
        return [json.loads(x) for x, in self.query(
            "select json_extract(metadata, '$.lm') from all_executions "
            "order by id")]

    def test_a_second_process_finds_the_answers_in_the_file(self):
        first = self.triage(PROGRAM)
        self.assertEqual(self.triage(PROGRAM), first)
        # A program that does not want the cache asks the model.
        self.triage(PATIENT)
        usage = self.usage()
        self.assertEqual([x.get("cache_hit") for x in usage],
                         [None, None, True, True, None, None])
        self.assertIn("total_tokens", usage[0])
        self.assertNotIn("total_tokens", usage[3])
        served, _ = self.model.stop()
        self.assertEqual(json.loads(served)["requests"], 4)

    def test_a_cache_that_cannot_be_used_is_refused(self):
        self.triage(PROGRAM, "memory:")
        for cache, why in (("file.db", "must be off, memory: or sqlite:FILE"),
                           ("sqlite:dspex.db", "is another database")):
            status, _, err = self.run_dspex(
                "run", "p.toml", "--input", "in.jsonl", "--config-set",
                f"lm.cache={cache}")
            self.assertNotEqual(status, 0)
            self.assertIn(why, err)


if __name__ == "__main__":
    unittest.main()
