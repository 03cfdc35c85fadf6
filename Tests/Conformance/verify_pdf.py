#!/usr/bin/env python3
"""Lets pyHanko judge the signatures of PDF files, and prints its findings as JSON.

    verify_pdf.py --root root.pem [--other issuing.pem]... [--crl issuing.crl]... [--count N] file.pdf...

Ends with 0 only when every file has signatures (exactly N of them, where told), each one is intact, made by a trusted
signer and in PAdES format, the last one covers the whole file, and nothing but further signatures follows the others.
"""

import argparse
import json
import sys

from asn1crypto import crl, pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext


def load(path, kind):
    with open(path, "rb") as file:
        data = file.read()
    if not pem.detect(data):
        return [kind.load(data)]
    return [kind.load(block) for _, _, block in pem.unarmor(data, multiple=True)]


def judge(signature, context, is_last):
    status = validate_pdf_signature(signature, context)
    subfilter = signature.sig_object["/SubFilter"]
    attributes = {attribute["type"].native for attribute in signature.signer_info["signed_attrs"]}
    wanted = SignatureCoverageLevel.ENTIRE_FILE if is_last else SignatureCoverageLevel.ENTIRE_REVISION
    faults = []
    if not status.intact:
        faults.append("the content was changed")
    if not status.valid:
        faults.append("the signature does not hold")
    if not status.trusted:
        faults.append(f"the signer is not trusted: {status.trust_problem_indic}")
    if not status.bottom_line:
        faults.append("pyHanko's verdict is invalid")
    if status.coverage < wanted:
        faults.append(f"the signature covers only {status.coverage.name}")
    if status.modification_level not in (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES, ModificationLevel.FORM_FILLING):
        faults.append(f"changed afterwards: {status.modification_level}")
    if subfilter != "/ETSI.CAdES.detached":
        faults.append(f"the signature is {subfilter}, not PAdES")
    if "signing_certificate_v2" not in attributes:
        faults.append("the signature does not name its certificate")
    if "signing_time" in attributes:
        faults.append("PAdES forbids the signing time inside the signature")
    if "/M" not in signature.sig_object:
        faults.append("the signature dictionary has no time")
    return {
        "field": signature.field_name,
        "signer": signature.signer_cert.subject.human_friendly,
        "time": status.signer_reported_dt.isoformat() if status.signer_reported_dt else None,
        "digest": status.md_algorithm,
        "coverage": status.coverage.name,
        "modifications": status.modification_level.name if status.modification_level else None,
        "valid": not faults,
        "faults": faults,
    }


def judge_file(path, arguments, context):
    with open(path, "rb") as file:
        reader = PdfFileReader(file)
        signatures = sorted(reader.embedded_regular_signatures, key=lambda signature: signature.signed_revision)
        findings = [judge(each, context(), each is signatures[-1]) for each in signatures]
    faults = []
    if not findings:
        faults.append("nobody signed the file")
    if arguments.count is not None and len(findings) != arguments.count:
        faults.append(f"{len(findings)} signatures instead of {arguments.count}")
    valid = not faults and all(finding["valid"] for finding in findings)
    return {"file": path, "valid": valid, "faults": faults, "signatures": findings}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", action="append", required=True, help="a trusted root certificate")
    parser.add_argument("--other", action="append", default=[], help="an intermediate certificate")
    parser.add_argument("--crl", action="append", default=[], help="a revocation list; without any, none is asked for")
    parser.add_argument("--count", type=int, help="how many signatures each file must have")
    parser.add_argument("file", nargs="+")
    arguments = parser.parse_args()

    roots = [each for path in arguments.root for each in load(path, x509.Certificate)]
    others = [each for path in arguments.other for each in load(path, x509.Certificate)]
    lists = [each for path in arguments.crl for each in load(path, crl.CertificateList)]

    def context():
        return ValidationContext(
            trust_roots=roots,
            other_certs=others,
            crls=lists,
            allow_fetching=False,
            revocation_mode="require" if lists else "soft-fail",
        )

    findings = []
    for path in arguments.file:
        try:
            findings.append(judge_file(path, arguments, context))
        except Exception as error:  # A file that cannot even be read is judged too.
            findings.append({"file": path, "valid": False, "faults": [f"{type(error).__name__}: {error}"], "signatures": []})
    json.dump(findings, sys.stdout, ensure_ascii=False, indent=2)
    print()
    return 0 if all(finding["valid"] for finding in findings) else 1


if __name__ == "__main__":
    sys.exit(main())
