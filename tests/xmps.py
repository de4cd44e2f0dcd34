"""Write XMP with face regions as other programs do."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

NAMESPACES = {
    "x": "adobe:ns:meta/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "stArea": "http://ns.adobe.com/xmp/sType/Area#",
    "stDim": "http://ns.adobe.com/xap/1.0/sType/Dimensions#",
    "MP": "http://ns.microsoft.com/photo/1.2/",
    "MPRI": "http://ns.microsoft.com/photo/1.2/t/RegionInfo#",
    "MPReg": "http://ns.microsoft.com/photo/1.2/t/Region#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
}

Region = tuple[str, float, float, float, float]
"""Name, and centre and size of the area, as shares."""


def document(content: str, attributes: str = "") -> str:
    """Return XMP with one description."""
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items() if prefix != "x")
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        f' <rdf:RDF {declared}>\n  <rdf:Description rdf:about="" {attributes}>\n{content}\n'
        '  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>'
    )


def as_digikam(regions: Iterable[Region], size: tuple[int, int] | None, kind: str = "Face") -> str:
    """Return a list of regions as attributes in descriptions."""
    items = "".join(
        f'<rdf:li><rdf:Description mwg-rs:Name={quoteattr(name)} mwg-rs:Type="{kind}"><mwg-rs:Area'
        f' stArea:x="{x}" stArea:y="{y}" stArea:w="{w}" stArea:h="{h}" stArea:unit="normalized"/>'
        "</rdf:Description></rdf:li>"
        for name, x, y, w, h in regions
    )
    stated = f'<mwg-rs:AppliedToDimensions stDim:w="{size[0]}" stDim:h="{size[1]}"/>' if size else ""
    return (
        f'<mwg-rs:Regions rdf:parseType="Resource">{stated}<mwg-rs:RegionList><rdf:Bag>{items}'
        "</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>"
    )


def as_exiftool(regions: Iterable[Region], size: tuple[int, int] | None, kind: str = "Face") -> str:
    """Return a list of regions as elements."""

    def fields(prefix: str, **values: object) -> str:
        return "".join(
            f"<{prefix}:{key}>{escape(str(value))}</{prefix}:{key}>" for key, value in values.items()
        )

    items = "".join(
        '<rdf:li rdf:parseType="Resource"><mwg-rs:Area rdf:parseType="Resource">'
        + fields("stArea", h=h, unit="normalized", w=w, x=x, y=y)
        + "</mwg-rs:Area>"
        + fields("mwg-rs", Name=name, Type=kind)
        + "</rdf:li>"
        for name, x, y, w, h in regions
    )
    stated = fields("stDim", h=size[1], unit="pixel", w=size[0]) if size else ""
    return (
        '<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:AppliedToDimensions rdf:parseType="Resource">'
        f"{stated}</mwg-rs:AppliedToDimensions><mwg-rs:RegionList><rdf:Bag>{items}</rdf:Bag>"
        "</mwg-rs:RegionList></mwg-rs:Regions>"
    )


def as_microsoft(regions: Iterable[Region]) -> str:
    """Return a list of regions of Microsoft."""
    items = "".join(
        f"<rdf:li><rdf:Description MPReg:PersonDisplayName={quoteattr(name)}"
        f' MPReg:Rectangle="{x - w / 2:.9f}, {y - h / 2:.9f}, {w}, {h}"/></rdf:li>'
        for name, x, y, w, h in regions
    )
    return (
        f'<MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag>{items}</rdf:Bag></MPRI:Regions>'
        "</MP:RegionInfo>"
    )
