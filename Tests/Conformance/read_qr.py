#!/usr/bin/env python3
"""Reads the QR codes of a PDF's pages or of an image with ZXing, and prints the text of each on a line.

    read_qr.py file.pdf|file.png

Ends with 1 when there is none. Pages are drawn by pdftoppm (poppler-utils).
"""

import pathlib
import subprocess
import sys
import tempfile

import zxingcpp
from PIL import Image


def images(path, place):
    if path.suffix != ".pdf":
        return [path]
    subprocess.run(["pdftoppm", "-r", "150", "-png", str(path), str(place / "page")], check=True)
    return sorted(place.glob("page*.png"))


def main():
    with tempfile.TemporaryDirectory() as place:
        texts = [
            code.text
            for image in images(pathlib.Path(sys.argv[1]), pathlib.Path(place))
            for code in zxingcpp.read_barcodes(Image.open(image), formats=zxingcpp.BarcodeFormat.QRCode)
        ]
    print("\n".join(texts))
    return 0 if texts else 1


if __name__ == "__main__":
    sys.exit(main())
