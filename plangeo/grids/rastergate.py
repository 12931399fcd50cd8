"""What a raster file is by its content, and what lies beside it: looked at before any library of rasters opens it."""

from __future__ import annotations

from pathlib import Path

from plangeo.errors import InputError
from plangeo.inputs import find_beside, read_head, true_type

_BESIDE = (".msk", ".ovr", ".aux", ".rrd", ".ige")
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_IMAGINE = b"EHFA_HEADER_TAG"


def driver_of(path: Path) -> str:
    """Return the GDAL driver that the content of ``path`` calls for. **Raises** InputError for any other content."""
    head = read_head(path)
    if head.startswith(_TIFF):
        return "GTiff"
    if head.startswith(_IMAGINE):
        return "HFA"
    if head[:5].lower() in (b"ncols", b"nrows", b"xllco", b"yllco", b"xllce", b"cells"):
        return "AAIGrid"
    if path.suffix.lower() in (".bil", ".flt", ".bip", ".bsq") and find_beside(path, ".hdr"):
        return "EHdr"
    raise InputError(
        f"{path.name} is not a raster that plangeo reads: its content is {true_type(head)}. Read are GeoTIFF (COG), ESRI ASCII "
        "grid (.asc), ERDAS Imagine (.img) and .bil or .flt with .hdr. Export it as GeoTIFF: gdal_translate -of GTiff.",
        code="file_not_its_type",
    )


def require_plain_neighbours(path: Path) -> None:
    """Refuse masks, overviews and notes beside a raster that could lead elsewhere: GDAL opens them without asking.

    **Raises** InputError for a mask or overview that is no TIFF or Imagine file, and for notes that name other files.
    """
    stems = (path.name.lower(), path.stem.lower())
    for beside in sorted(path.absolute().parent.iterdir()):
        name = beside.name.lower()
        if not name.startswith(tuple(f"{stem}." for stem in stems)):
            continue
        if beside.suffix.lower() in _BESIDE and name != stems[0]:
            head = read_head(beside)
            if not head.startswith((*_TIFF, _IMAGINE, b"ERDAS_IMG_EXTERNAL_RASTER")):
                raise InputError(
                    f"{beside.name} belongs to {path.name}, but its content is {true_type(head)}. Remove it or export again.",
                    code="sidecar_foreign",
                )
        if name.endswith(".aux.xml"):
            text = read_head(beside, 16 * 2**20).lower()
            if len(text) == 16 * 2**20 or any(
                word in text for word in (b"overview_file", b"/vsi", b"://", b"vrtdataset", b"<!doctype", b"<!entity")
            ):
                raise InputError(
                    f"{beside.name}, the notes to {path.name}, points at other files. Remove it and try again.",
                    code="sidecar_foreign",
                )
