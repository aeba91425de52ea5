"""Reads customers: one row each, with the tenants and contacts it owns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from csp_receivables.adapters.accounting_files import fields as parse
from csp_receivables.adapters.accounting_files.forms import Form
from csp_receivables.adapters.accounting_files.rows import Row, rows_of
from csp_receivables.domain.accounting import CUSTOMER_FIELDS, Broken, CustomerBatch
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.records import CONTACT, CUSTOMER, CUSTOMER_TENANT

CUSTOMERS_PER_BATCH = 10_000  # bounds memory: some 20 MB
_PARSERS: dict[str, parse.Parser] = {
    "customer_id": parse.identity,
    "name": parse.needed,
    "org_number": parse.text,
    "country": parse.country,
    "language": parse.language,
    "party_kind": parse.party_kind,
    "tenants": parse.tenants,
    "contacts": parse.contacts,
}


def read_customers(path: Path, form: Form, header: Sequence[str]) -> Iterator[CustomerBatch]:
    """The file's customers in batches. Raises FileRefused for broken quotes."""
    reading = _Reading(source=path.name, form=form)
    for row in rows_of(path, form, header, CUSTOMER_FIELDS, reading.findings.append):
        reading.take(row)
        if len(reading.customers) >= CUSTOMERS_PER_BATCH:
            yield reading.batch()
    yield reading.batch()


@dataclass(slots=True)
class _Reading:
    """What is read so far of one file, and of the batch that is being filled."""

    source: str
    form: Form
    findings: list[Finding] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)  # customer id -> its line
    customers: list[dict[str, Any]] = field(default_factory=list)

    def take(self, row: Row) -> None:
        """Read one customer into the batch, or report why not: the version known before it then stays."""
        line, texts = row
        values, reported = {}, len(self.findings)
        customer_id = texts[0].strip()
        for name, value in zip(CUSTOMER_FIELDS, texts, strict=True):
            try:
                values[name] = _PARSERS[name](value)
            except parse.BadField as error:
                broken = Broken(code="customer.bad_field", field=name, found=error.found, remedy=error.remedy)
                self._report(line, customer_id, broken)
        if customer_id and customer_id in self.seen:
            found = f"customer {customer_id} stands on line {self.seen[customer_id]} already"
            remedy = "Give each customer one row"
            broken = Broken(code="customer.id_twice", field="customer_id", found=found, remedy=remedy)
            self._report(line, customer_id, broken)
        self.seen.setdefault(customer_id, line)
        if len(self.findings) == reported:
            self.customers.append(values)

    def batch(self) -> CustomerBatch:
        """What was taken since the last batch."""
        customers, findings = list(self.customers), tuple(self.findings)
        self.customers.clear()
        self.findings.clear()
        tenants = [
            {"tenant_id": tenant, "customer_id": customer["customer_id"]}
            for customer in customers
            for tenant in customer["tenants"]
        ]
        contacts = [
            {"customer_id": customer["customer_id"], "email": email, "name": name, "role": role}
            for customer in customers
            for email, name, role in customer["contacts"]
        ]
        stated = {*self.form.columns.values(), *self.form.constants}
        return CustomerBatch(
            customers=pa.Table.from_pylist(customers, schema=CUSTOMER),
            tenants=pa.Table.from_pylist(tenants, schema=CUSTOMER_TENANT),
            contacts=pa.Table.from_pylist(contacts, schema=CONTACT),
            findings=findings,
            states_tenants="tenants" in stated,
            states_contacts="contacts" in stated,
        )

    def _report(self, line: int, customer_id: str, broken: Broken) -> None:
        finding = Finding(
            code=broken.code,
            severity=Severity.REFUSED,
            found=broken.found,
            remedy=broken.remedy,
            source=self.source,
            line=line,
            field=self.form.column_of(broken.field),
            subject=customer_id,
            customer_id=customer_id,
        )
        self.findings.append(finding)
