#!/usr/bin/env python3
"""Reads an export as Python does, and prints its rows as JSON.

    read_export.py csv|xlsx file

A CSV file by the module csv, with the separator that its first line shows; a workbook by openpyxl: one list of rows for
each sheet, moments in ISO form, a formula as `{"formula": …}`.
"""

import csv
import datetime
import json
import sys

import openpyxl


def of_csv(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        first = file.readline()
        file.seek(0)
        return list(csv.reader(file, delimiter=";" if ";" in first else ",", strict=True))


def of_cell(cell):
    if cell.data_type == "f":
        return {"formula": str(cell.value)}
    if isinstance(cell.value, datetime.datetime):
        return cell.value.isoformat()
    return cell.value


def of_workbook(path):
    book = openpyxl.load_workbook(path)
    return [[[of_cell(cell) for cell in row] for row in sheet.iter_rows()] for sheet in book.worksheets]


def main():
    kind, path = sys.argv[1:]
    print(json.dumps({"csv": of_csv, "xlsx": of_workbook}[kind](path), ensure_ascii=False))


if __name__ == "__main__":
    main()
