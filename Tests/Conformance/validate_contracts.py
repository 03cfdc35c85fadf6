#!/usr/bin/env python3
"""Judges the published contracts with tools that share nothing with the Swift code.

    validate_contracts.py                              schemas, examples, topics and the AsyncAPI document
    validate_contracts.py --asyncapi-schema FILE       ... the document also against AsyncAPI's own JSON Schema
    validate_contracts.py --events FILE.jsonl          decoded events, one {topic, key, headers, data} each line

Needs the packages jsonschema and PyYAML. Ends with 1 and one line for each fault when there is any.
"""

import argparse
import copy
import json
import sys
from pathlib import Path

import yaml
from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker

ROOT = Path(__file__).resolve().parents[2] / "Infra" / "contracts"
REF = "$ref"


class Judge:
    """Collects faults; a file of contracts is read once."""

    def __init__(self):
        self.faults = []
        self.checks = 0
        self.topics = {topic["name"]: topic for topic in read(ROOT / "topics.json")["topics"]}
        self.schemas = {path.stem: read(path) for path in sorted((ROOT / "schemas").glob("*.json"))}
        self.document = yaml.safe_load((ROOT / "asyncapi.yaml").read_text(encoding="utf-8"))
        self.validators = {
            name: Draft202012Validator(schema, format_checker=FormatChecker()) for name, schema in self.schemas.items()
        }
        headers = self.document["components"]["schemas"]["headers"]
        self.header_validator = Draft7Validator(headers, format_checker=FormatChecker())

    def check(self, holds, message):
        self.checks += 1
        if not holds:
            self.faults.append(message)

    def valid(self, validator, value, where):
        errors = sorted(validator.iter_errors(value), key=lambda error: list(map(str, error.absolute_path)))
        self.check(not errors, f"{where}: " + "; ".join(f"{error.json_path} {error.message}" for error in errors[:5]))


def read(path):
    return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=without_repeats)


def without_repeats(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError(f"a name stands twice among {names}")
    return dict(pairs)


def walk(value, path=()):
    yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield from walk(inner, path + (name,))


# --- schemas and examples -------------------------------------------------------------------------------------------


def judge_schemas(judge):
    for name, schema in judge.schemas.items():
        Draft202012Validator.check_schema(schema)
        judge.check(schema.get("$id") == f"urn:hoso:schema:{name}", f"{name}: $id is not the file's name")
        for path, value in walk(schema):
            if isinstance(value, dict):
                forbids = [
                    key
                    for key in ("additionalProperties", "unevaluatedProperties", "propertyNames", "maxProperties")
                    if key in value and not isinstance(value[key], dict)
                ]
                judge.check(not forbids, f"{name}: {path} forbids more fields by {forbids}")
                if REF in value:
                    judge.check(resolves(schema, value[REF]), f"{name}: {path} refers to nothing: {value[REF]}")
                if "properties" in value and isinstance(value["properties"], dict) and path[-1:] != ("properties",):
                    missing = set(value.get("required", [])) - set(value["properties"])
                    judge.check(not missing, f"{name}: {path} requires what it does not describe: {missing}")


def resolves(document, reference):
    if not reference.startswith("#/"):
        return False
    for name in reference[2:].split("/"):
        if not isinstance(document, dict) or name not in document:
            return False
        document = document[name]
    return True


def judge_examples(judge):
    for name in judge.schemas:
        paths = sorted((ROOT / "examples" / name).glob("*.json"))
        judge.check(paths, f"{name}: no recorded event")
        for path in paths:
            where = f"examples/{name}/{path.name}"
            event = read(path)
            judge_event(judge, event, where)
            judge.check(event["headers"].get("ce_type") == name, f"{where}: stands in the wrong folder")
            judge_teeth(judge, name, event["data"], where)


def judge_teeth(judge, name, data, where):
    """A schema that accepts anything would prove nothing: without a required field, or with another type, it refuses."""
    validator = judge.validators[name]
    for field in judge.schemas[name]["required"]:
        without = {key: value for key, value in data.items() if key != field}
        judge.check(not validator.is_valid(without), f"{where}: valid even without {field}")
        judge.check(not validator.is_valid({**data, field: None}), f"{where}: valid even with {field} null")
    judge.check(validator.is_valid({**data, "addedLater": {"deep": [1]}}), f"{where}: not valid with one more field")


def judge_event(judge, event, where):
    """One event: its topic, envelope and data."""
    if not isinstance(event, dict) or not {"topic", "key", "headers", "data"} <= set(event):
        judge.check(False, f"{where}: topic, key, headers and data are needed")
        return
    headers, data, topic = event["headers"], event["data"], judge.topics.get(event["topic"])
    judge.check(topic is not None, f"{where}: unknown topic {event['topic']}")
    judge.valid(judge.header_validator, headers, f"{where} headers")
    kind = headers.get("ce_type") if isinstance(headers, dict) else None
    judge.check(kind in judge.schemas, f"{where}: unknown type {kind}")
    if topic is None or kind not in judge.schemas:
        return
    judge.check(kind in topic["types"], f"{where}: {kind} does not belong on {topic['name']}")
    judge.check(headers.get("ce_source") == f"urn:hoso:service:{topic['owner']}", f"{where}: not written by the owner")
    judge.check(headers.get("ce_dataschema") == f"urn:hoso:schema:{kind}", f"{where}: ce_dataschema is not of {kind}")
    judge.check(headers.get("ce_subject") == event["key"], f"{where}: ce_subject is not the key")
    judge.valid(judge.validators[kind], data, f"{where} data")
    key = data.get(topic["keyField"]) if isinstance(data, dict) else None
    judge.check(key == event["key"], f"{where}: the key is not data.{topic['keyField']}")
    size = len(json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode())
    judge.check(size <= topic["maximumBytes"], f"{where}: {size} bytes are too many")


# --- the AsyncAPI document ------------------------------------------------------------------------------------------


def judge_document(judge):
    document = judge.document
    judge.check(document.get("asyncapi") == "3.0.0", "asyncapi.yaml: not version 3.0.0")
    for path, value in walk(document):
        if isinstance(value, dict) and isinstance(value.get(REF), str):
            reference = value[REF]
            good = resolves(document, reference) if reference.startswith("#") else (ROOT / reference).is_file()
            judge.check(good, f"asyncapi.yaml: {'/'.join(map(str, path))} refers to nothing: {reference}")
    Draft7Validator.check_schema(document["components"]["schemas"]["headers"])
    channels = {channel["address"]: (name, channel) for name, channel in document["channels"].items()}
    judge.check(set(channels) == set(judge.topics), "asyncapi.yaml: the channels are not the topics of topics.json")
    for address, topic in judge.topics.items():
        if address in channels:
            judge_channel(judge, *channels[address], topic)
    messages = {message["name"] for message in document["components"]["messages"].values()}
    judge.check(messages == set(judge.schemas), "asyncapi.yaml: the messages are not the schemas")
    on_channels = {kind for topic in judge.topics.values() for kind in topic["types"]}
    judge.check(on_channels == set(judge.schemas), "topics.json: the types are not the schemas")


def judge_channel(judge, name, channel, topic):
    where = f"asyncapi.yaml: channel {name}"
    kafka = channel["bindings"]["kafka"]
    judge.check(kafka["partitions"] == topic["partitions"], f"{where}: partitions")
    settings = {key: text(value) for key, value in kafka["topicConfiguration"].items()}
    judge.check(settings == topic["brokerSettings"], f"{where}: {settings} is not {topic['brokerSettings']}")
    judge.check(channel["x-owner"] == topic["owner"], f"{where}: owner")
    judge.check(channel["x-key-field"] == topic["keyField"], f"{where}: key")
    judge.check(channel["x-maximum-event-bytes"] == topic["maximumBytes"], f"{where}: size")
    types = set()
    for reference in channel.get("messages", {}).values():
        message = judge.document["components"]["messages"][reference[REF].rsplit("/", 1)[1]]
        types.add(message["name"])
        schema = message["payload"]["schema"][REF]
        judge.check(schema == f"./schemas/{message['name']}.json", f"{where}: {message['name']} has another's schema")
        traits = [trait[REF] for trait in message["traits"]]
        judge.check(traits == ["#/components/messageTraits/envelope"], f"{where}: {message['name']} has no envelope")
    judge.check(types == set(topic["types"]), f"{where}: messages are not {topic['types']}")
    writers = [
        operation
        for operation in judge.document["operations"].values()
        if operation["channel"][REF] == f"#/channels/{name}" and operation["action"] == "send"
    ]
    judge.check(len(writers) == 1, f"{where}: {len(writers)} writers")


def text(value):
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def judge_by_schema(judge, path):
    """The whole document against AsyncAPI's own schema; references to our files are left as they are."""
    schema = read(Path(path))
    judge.valid(Draft7Validator(schema), copy.deepcopy(judge.document), "asyncapi.yaml by its own schema")


# --- recorded traffic -----------------------------------------------------------------------------------------------


def judge_events(judge, path):
    seen = {}
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            where = f"{path}:{number}"
            try:
                event = json.loads(line, object_pairs_hook=without_repeats)
            except ValueError as error:
                judge.check(False, f"{where}: not JSON: {error}")
                continue
            judge_event(judge, event, where)
            kind = (event.get("headers") or {}).get("ce_type", "?") if isinstance(event, dict) else "?"
            seen[kind] = seen.get(kind, 0) + 1
    for kind, count in sorted(seen.items()):
        print(f"{count:8} {kind}")
    judge.check(seen, f"{path}: no event at all")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", metavar="FILE")
    parser.add_argument("--asyncapi-schema", metavar="FILE")
    arguments = parser.parse_args()
    judge = Judge()
    if arguments.events:
        judge_events(judge, arguments.events)
    else:
        judge_schemas(judge)
        judge_examples(judge)
        judge_document(judge)
        if arguments.asyncapi_schema:
            judge_by_schema(judge, arguments.asyncapi_schema)
    for fault in judge.faults:
        print(f"FAULT {fault}")
    print(f"{judge.checks} checks, {len(judge.faults)} faults")
    return 1 if judge.faults else 0


if __name__ == "__main__":
    sys.exit(main())
