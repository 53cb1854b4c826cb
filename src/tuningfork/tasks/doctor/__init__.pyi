from .check import check_collection as check_collection
from .findings import CheckReport as CheckReport
from .findings import Finding as Finding
from .kinds import KINDS as KINDS
from .report import write_report as write_report
