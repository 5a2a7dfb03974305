"""A page as a tagged PDF, for those who file or print it."""

import logging
import os
from pathlib import Path

from cxresearch.errors import ParameterError

TOGETHER = ".wide { break-inside: avoid }"  # a caption stays with its table
VARIANT = "pdf/ua-1"  # universal accessibility: tagged, with reading order, language and alternative texts


def writer():
    """What sets a page as a PDF: `write_pdf`, once WeasyPrint is known to work.

    Raises
    ------
    ParameterError
        Where WeasyPrint, which is optional, or the libraries it draws with are not installed.
    """
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError) as fault:  # OSError: the package is there, Pango is not
        missing = str(fault).splitlines()[0]
        raise ParameterError(
            f"a PDF needs WeasyPrint, which cannot be loaded ({missing}); install it with: pip install 'cxresearch[pdf]'"
        ) from None
    return write_pdf


def write_pdf(html_path, pdf_path):
    """Set a page of a report as a tagged PDF (PDF/UA-1).

    Nothing is fetched: a page carries its pictures, and whatever else it might name is left out.

    Parameters
    ----------
    html_path, pdf_path : path

    Returns
    -------
    pathlib.Path
        `pdf_path`.
    """
    import weasyprint
    from weasyprint.urls import URLFetcher

    page = Path(html_path).read_text(encoding="utf-8")
    log = logging.getLogger("weasyprint")
    level = log.level
    log.setLevel(logging.CRITICAL)  # print rules it skips are no matter for a reader
    os.environ.setdefault("SOURCE_DATE_EPOCH", "0")  # else the fonts in it bear the time of day
    try:
        made = weasyprint.HTML(string=page, url_fetcher=URLFetcher(allowed_protocols=("data",)))
        style = weasyprint.CSS(string=TOGETHER)
        made.write_pdf(pdf_path, stylesheets=[style], pdf_variant=VARIANT, pdf_identifier=b"cxresearch")
    finally:
        log.setLevel(level)
    return Path(pdf_path)
