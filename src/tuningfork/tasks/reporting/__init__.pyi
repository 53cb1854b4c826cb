from .page import report_numbers as report_numbers
from .page import write_report as write_report
from .passport import write_passport as write_passport
from .reading import Run as Run
from .reading import read_run as read_run
