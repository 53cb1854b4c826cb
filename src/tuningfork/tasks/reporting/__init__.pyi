from .page import report_numbers as report_numbers
from .page import write_report as write_report
from .passport import write_passport as write_passport
from .reading import Run as Run
from .reading import read_model as read_model
from .reading import read_run as read_run
from .votes_page import is_of_votes as is_of_votes
from .votes_page import write_votes_report as write_votes_report
