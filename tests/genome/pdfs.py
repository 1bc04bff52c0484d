"""PDF documents made by hand, sound and unsound."""

import zlib


def pdf(*pages: str, contents: bytes | None = None, extra: bytes = b"") -> bytes:
    """Return a document with a line of text for each line of a page; `contents` is a stream of its own instead."""
    streams = [contents] if contents is not None else [_stream(page) for page in pages]
    kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(len(streams)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(streams)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for at, stream in enumerate(streams):
        packed = zlib.compress(stream, 9) if contents is None else stream
        page = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {5 + 2 * at} 0 R "
            f"/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        head = f"<< /Length {len(packed)} /Filter /FlateDecode >>\nstream\n".encode()
        objects += [page.encode(), head + packed + b"\nendstream"]
    return _file(objects, extra)


def _stream(page: str) -> bytes:
    rows = [f"BT /F1 12 Tf 40 {760 - 16 * row} Td ({line}) Tj ET" for row, line in enumerate(page.split("\n"))]
    return "\n".join(rows).encode("latin-1")


def _file(objects: list[bytes], extra: bytes) -> bytes:
    data, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    data += extra
    start = len(data)
    rows = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return data + (
        b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
        + rows
        + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    )
