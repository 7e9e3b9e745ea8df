"""What an import tells: faults and findings with file, row, column and rule; counts; the patients' registry ids."""

from dataclasses import dataclass, field

ERROR, WARNING, FLAG = "ERROR", "WARNING", "FLAG"
#: Exit codes of the command.
DONE, REFUSED, CONTRADICTED = 0, 2, 3


@dataclass(frozen=True)
class Fault:
    """One thing to tell about one cell, row or file; line 1 is the header."""

    file: str
    row: int | None
    patient: str
    column: str
    value: str
    rule: str
    severity: str
    message: str

    def as_json(self) -> dict:
        return {
            "file": self.file,
            "row": self.row,
            "patient": self.patient,
            "column": self.column,
            "value": self.value[:200],
            "rule": self.rule,
            "severity": self.severity,
            "message": self.message,
        }

    def __str__(self) -> str:
        line = f"{self.file} line {self.row}" if self.row else self.file
        place = ", ".join(filter(None, (line, self.column)))
        return f"{place or 'source'}: {self.message} [{self.rule}]"


@dataclass
class Report:
    """The outcome of one import or dry run."""

    status: str = "refused"
    created: dict[str, int] = field(default_factory=dict)
    updated: dict[str, int] = field(default_factory=dict)
    unchanged: dict[str, int] = field(default_factory=dict)
    findings: list[Fault] = field(default_factory=list)
    patients: dict[str, str | None] = field(default_factory=dict)
    seconds: float = 0.0
    exit_code: int = REFUSED

    def as_json(self) -> dict:
        return {
            "status": self.status,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "findings": [finding.as_json() for finding in self.findings],
            "patients": self.patients,
            "seconds": round(self.seconds, 3),
        }


class Refused(Exception):
    """The source cannot be taken as it is; carries every fault found so far."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults
