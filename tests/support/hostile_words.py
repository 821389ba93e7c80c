"""Words that do harm where somebody forgot to quote them, and models of a report that have them in every text that the schema knows:
a new key of docs/report.schema.json is among them without anybody thinking of it."""
import json

WORDS = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)' x='",
    "=cmd|'/c calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "\u202egnp.exe\u202c and \u202dback",
    "\u2066never ended \u2067nor this \u2068nor that",
    "marks \u200e\u200f\u061c of direction",
    "one\u2028two\u2029three\u0085four",
    "]]> <![CDATA[ ]]>",
    "--> <!-- -->",
    "| a | b |\n|---|---|\n| c |",
    "`code` **b** _i_ ~~s~~ [x](javascript:alert(1)) ![i](http://evil.example/x.png) <http://evil.example>",
    "\n# heading\n- item\n> quote\n\n```\ncode\n1. one\n***",
    "\x1b[2J\x1b]0;title\x07\x9b31m\x08\x7f",
    "W" * 10000,
    "\u9577" * 3400,
    "\u05e9\u05dc\u05d5\u05dd 123 (x) \u0645\u0631\u062d\u0628\u0627 456",
    "\ufffe\uffff\ufeff\ufdd0 \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\\ \\\\ \\n %s %n %d ${x} {{y}}",
    "</style></title></svg></td></table></textarea><script>alert(1)</script>",
    "&lt;b&gt; &#124; &amp;amp; &",
    "Z" + "\u0301" * 300,
    "https://evil.example/ www.evil.example user@evil.example @someone #1",
    "a" + " " * 400 + "b \u00a0\u3000c",
    "'=1+1",
    " leading and trailing ",
]


RIGHT_TO_LEFT = next(word for word in WORDS if "\u05e9" in word)


class Model:
    """An instance of the schema. number: which of the instances; over as many as there are words each text takes each of the words."""

    def __init__(self, schema, number, keys_of_words):
        self.schema, self.number, self.keys_of_words = schema, number, keys_of_words
        self.texts = []  # (path, text)

    def text(self, path):
        turn = (len(self.texts) + self.number) % len(WORDS)
        if path.startswith(".template.words") and WORDS[turn] == RIGHT_TO_LEFT:
            turn -= 1  # an agency's own words are of one direction, and stand in attributes too
        word = WORDS[turn]
        self.texts.append((path, word))
        return word

    def resolved(self, part):
        if "$ref" in part:
            part = {**self.schema["$defs"][part["$ref"].rsplit("/", 1)[1]], **part}
        if "oneOf" in part:
            part = {**self.resolved(next(one for one in part["oneOf"] if one.get("type") != "null")), **part}
        return part

    def any(self, part, path):
        part = self.resolved(part)
        if "const" in part:
            return part["const"]
        if "enum" in part:
            listed = [one for one in part["enum"] if one is not None]
            return listed[(len(path) + self.number) % len(listed)]
        kinds = part["type"] if isinstance(part.get("type"), list) else [part.get("type")]
        kind = next((k for k in kinds if k != "null"), None)
        if kind == "string":
            return self.text(path)
        if kind == "number" and self.number % 3 != 0:
            return 0.995 + self.number / 10**4  # a share that is seen on no axis from 0
        if kind in ("integer", "number"):
            return max(part.get("minimum", 0), self.number * 7 + len(path)) * (10**8 if path.endswith("_ns") else 1)
        if kind == "boolean":
            return (len(path) + self.number) % 2 == 0
        if kind == "array":
            if path.endswith("columns[]"):
                return [len(path) % 240, 5, 1, 1, 2.5, 9.0]
            count = part.get("minItems", 2)
            return [self.any(part["items"], path + "[]") for _ in range(count)]
        return self.object(part, path)

    def object(self, part, path):
        out = {key: self.any(below, f"{path}.{key}") for key, below in part.get("properties", {}).items()}
        more = part.get("additionalProperties")
        if path == ".template.words":
            return {key: {"zh": self.text(path + "." + key), "en": self.text(path + "." + key)} for key in self.keys_of_words}
        if more:
            for k in range(2):
                value = self.text(path + ".*") if more is True else more.get("const") or 1.5
                out[self.text(path + " (name)")[:200] + str(k)] = value
        return out

    def make(self):
        model = self.any(self.schema, "")
        model["template"].pop("sections")
        model["template"]["logo"] = self.text(".template.logo")
        return model


def models(schema_path, keys_of_words):
    """Yields (model, texts with their paths) until every text has had every word."""
    schema = json.load(open(schema_path))
    for number in range(len(WORDS)):
        one = Model(schema, number, keys_of_words)
        yield one.make(), one.texts


def in_every(key, text):
    """For synthetic.Run: the word and, that names go on to agree with each other, the text itself."""
    word = WORDS[sum(text.encode()) % len(WORDS)]
    return word + text if len(word) < 5000 else text + word
