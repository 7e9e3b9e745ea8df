"""SQL of the memory's triggers, generated per table for SQLite and PostgreSQL.

A change row holds its values as text in one fixed order, so that its hash can be recomputed anywhere:
at, actor, request id, reason, entity, record id, patient id, operation, changes - joined by the unit separator.
"""

from django.db import models

TABLE, SEAL = "registry_change", "registry_change_seal"
HASHED = ("at", "actor", "request_id", "reason", "entity", "record_id", "patient_id", "operation", "changes")
OPERATIONS = (("I", "INSERT"), ("U", "UPDATE"), ("D", "DELETE"))
SEPARATOR = "\x1f"
#: The column whose value LOCKED closes a row: it is unlocked first, or it stays as it is.
LOCKABLE = "record_status"
_CLOSED = {"update": f"OLD.{LOCKABLE} = 'LOCKED' AND NEW.{LOCKABLE} = 'LOCKED'", "delete": f"OLD.{LOCKABLE} = 'LOCKED'"}
#: Columns that say when and by whom: the change row itself says it.
UNTOLD = frozenset({"created_at", "created_by", "modified_at", "modified_by", "version"})


def capture(vendor: str, model: type[models.Model]) -> list[str]:
    """Statements that (re)create the capture triggers of one table."""
    table = model._meta.db_table
    columns = [field.column for field in model._meta.concrete_fields]
    patient = _patient_column(model)
    sqlite = vendor == "sqlite"
    statements = (_capture_sqlite if sqlite else _capture_postgres)(table, columns, patient)
    if LOCKABLE in columns:
        statements += (_lock_sqlite if sqlite else _lock_postgres)(table)
    return drop_capture(vendor, model) + statements


def drop_capture(vendor: str, model: type[models.Model]) -> list[str]:
    table = model._meta.db_table
    names = trigger_names(vendor, model)
    on = "" if vendor == "sqlite" else f' ON "{table}"'
    return [f'DROP TRIGGER IF EXISTS "{name}"{on}' for name in names]


def trigger_names(vendor: str, model: type[models.Model]) -> list[str]:
    """Every trigger a remembered table has: capture, and the lock where rows have a status."""
    table = model._meta.db_table
    names = [f"{table}_remember_{operation.lower()}" for operation, _verb in OPERATIONS] + [f"{table}_no_replace"]
    if vendor != "sqlite":
        names = [f"{table}_remember", f"{table}_no_truncate"]
    lockable = LOCKABLE in {field.column for field in model._meta.concrete_fields}
    return names + ([f"{table}_locked_update", f"{table}_locked_delete"] if lockable else [])


def _patient_column(model: type[models.Model]) -> str:
    names = {field.name: field.column for field in model._meta.concrete_fields}
    if model._meta.model_name == "patient":
        return "id"
    return names.get("patient", "")


# SQLite -------------------------------------------------------------------------------------------------------------


def _capture_sqlite(table: str, columns: list[str], patient: str) -> list[str]:
    statements = []
    for operation, verb in OPERATIONS:
        old = "OLD" if operation != "I" else ""
        new = "NEW" if operation != "D" else ""
        row = new or old
        patient_value = f'{row}."{patient}"' if patient else "NULL"
        statements.append(
            f'CREATE TRIGGER "{table}_remember_{operation.lower()}" AFTER {verb} ON "{table}" BEGIN '
            "SELECT RAISE(ABORT, 'anonymous write refused: no actor and reason') "
            "WHERE coalesce(cart19_context('actor'), '') = '' OR coalesce(cart19_context('reason'), '') = ''; "
            f"INSERT INTO {TABLE} (at, actor, request_id, reason, entity, record_id, patient_id, operation, changes, row_hash) "
            "SELECT at, actor, request_id, reason, entity, record_id, patient_id, operation, changes, "
            f"cart19_sha256({_hash_text()}) FROM (SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z' AS at, "
            "cart19_context('actor') AS actor, cart19_context('request_id') AS request_id, "
            f"cart19_context('reason') AS reason, '{table}' AS entity, {row}.id AS record_id, "
            f"{patient_value} AS patient_id, '{operation}' AS operation, {_changes_sqlite(columns, old, new)} AS changes); END"
        )
    statements.append(
        f'CREATE TRIGGER "{table}_no_replace" BEFORE INSERT ON "{table}" BEGIN '
        f"SELECT RAISE(ABORT, 'rows are not replaced') WHERE EXISTS (SELECT 1 FROM \"{table}\" WHERE id = NEW.id); END"
    )
    return statements


def _hash_text() -> str:
    return " || char(31) || ".join(f"coalesce({name}, '')" for name in HASHED)


def _changes_sqlite(columns: list[str], old: str, new: str) -> str:
    told = [column for column in columns if column not in UNTOLD or not (old and new)]
    pairs = " UNION ALL ".join(
        f"SELECT '{column}' AS name, {_side(old, column)} AS was, {_side(new, column)} AS became" for column in told
    )
    return f"(SELECT json_group_object(name, json_array(was, became)) FROM ({pairs}) WHERE was IS NOT became)"


def _side(row: str, column: str) -> str:
    return f'{row}."{column}"' if row else "NULL"


def _lock_sqlite(table: str) -> list[str]:
    return [
        f'CREATE TRIGGER "{table}_locked_{verb}" BEFORE {verb.upper()} ON "{table}" WHEN {closed} '
        "BEGIN SELECT RAISE(ABORT, 'the record is locked'); END"
        for verb, closed in _CLOSED.items()
    ]


# PostgreSQL ---------------------------------------------------------------------------------------------------------


def _capture_postgres(table: str, columns: list[str], patient: str) -> list[str]:
    argument = f"'{patient}'"
    return [
        f'CREATE TRIGGER "{table}_remember" AFTER INSERT OR UPDATE OR DELETE ON "{table}" '
        f"FOR EACH ROW EXECUTE FUNCTION cart19_remember({argument})",
        f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER "{table}_remember"',
        f'CREATE TRIGGER "{table}_no_truncate" BEFORE TRUNCATE ON "{table}" '
        "FOR EACH STATEMENT EXECUTE FUNCTION cart19_refuse()",
        f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER "{table}_no_truncate"',
    ]


def _lock_postgres(table: str) -> list[str]:
    statements = []
    for verb, closed in _CLOSED.items():
        statements += [
            f'CREATE TRIGGER "{table}_locked_{verb}" BEFORE {verb.upper()} ON "{table}" '
            f"FOR EACH ROW WHEN ({closed}) EXECUTE FUNCTION cart19_locked()",
            f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER "{table}_locked_{verb}"',
        ]
    return statements


_REMEMBER = f"""
CREATE OR REPLACE FUNCTION cart19_remember() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  act text := coalesce(current_setting('cart19.actor', true), '');
  why text := coalesce(current_setting('cart19.reason', true), '');
  req text := coalesce(current_setting('cart19.request_id', true), '');
  was jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{{}}'::jsonb ELSE to_jsonb(OLD) END;
  became jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{{}}'::jsonb ELSE to_jsonb(NEW) END;
  untold text[] := CASE WHEN TG_OP = 'UPDATE' THEN ARRAY[{", ".join(f"'{name}'" for name in sorted(UNTOLD))}]
                        ELSE ARRAY[]::text[] END;
  row_now jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
  now_text text := to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
  diff text;
  rec bigint := (row_now->>'id')::bigint;
  pat bigint := CASE WHEN TG_ARGV[0] = '' THEN NULL ELSE (row_now->>TG_ARGV[0])::bigint END;
BEGIN
  IF act = '' OR why = '' THEN
    RAISE EXCEPTION 'anonymous write refused: no actor and reason' USING ERRCODE = 'raise_exception';
  END IF;
  SELECT coalesce(jsonb_object_agg(key, jsonb_build_array(was->key, became->key)), '{{}}'::jsonb)::text INTO diff
    FROM jsonb_object_keys(was || became) AS key
    WHERE (was->key) IS DISTINCT FROM (became->key) AND key <> ALL (untold)
      AND NOT (coalesce(was->key, 'null'::jsonb) = 'null'::jsonb AND coalesce(became->key, 'null'::jsonb) = 'null'::jsonb);
  INSERT INTO {TABLE} (at, actor, request_id, reason, entity, record_id, patient_id, operation, changes, txid, row_hash)
  VALUES (now_text, act, req, why, TG_TABLE_NAME, rec, pat, left(TG_OP, 1), diff, txid_current(),
    encode(sha256(convert_to(concat_ws(chr(31), now_text, act, req, why, TG_TABLE_NAME, rec::text,
      coalesce(pat::text, ''), left(TG_OP, 1), diff), 'UTF8')), 'hex'));
  RETURN NULL;
END $$
"""

_REFUSE = """
CREATE OR REPLACE FUNCTION cart19_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the memory is append-only'; END $$
"""

_LOCKED = """
CREATE OR REPLACE FUNCTION cart19_locked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the record is locked'; END $$
"""

_SEAL = f"""
CREATE OR REPLACE FUNCTION cart19_seal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  first_one bigint; last_one bigint; rows_text text; before text;
BEGIN
  IF EXISTS (SELECT 1 FROM {SEAL} WHERE first_id <= NEW.id AND last_id >= NEW.id) THEN RETURN NULL; END IF;
  PERFORM pg_advisory_xact_lock(1919);
  before := coalesce((SELECT hash FROM {SEAL} ORDER BY id DESC LIMIT 1), '');
  -- rows of this transaction only; other transactions' rows may lie between, so they come as contiguous runs
  FOR first_one, last_one, rows_text IN
    SELECT min(id), max(id), string_agg(row_hash, '' ORDER BY id) FROM (
      SELECT id, row_hash, id - row_number() OVER (ORDER BY id) AS run FROM {TABLE}
      WHERE id >= NEW.id AND txid = txid_current()
    ) mine GROUP BY run ORDER BY min(id)
  LOOP
    INSERT INTO {SEAL} (first_id, last_id, previous_hash, hash)
    VALUES (first_one, last_one, before, encode(sha256(convert_to(before || rows_text, 'UTF8')), 'hex'))
    RETURNING hash INTO before;
  END LOOP;
  RETURN NULL;
END $$
"""


def guards(vendor: str) -> list[str]:
    """Statements that make the change table append-only and link it."""
    if vendor == "sqlite":
        return _guards_sqlite()
    statements = [_REMEMBER, _REFUSE, _SEAL, _LOCKED]
    for table in (TABLE, SEAL):
        statements += [
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION cart19_refuse()",
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION cart19_refuse()",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate",
        ]
    statements += [
        f"CREATE CONSTRAINT TRIGGER {TABLE}_seal AFTER INSERT ON {TABLE} DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION cart19_seal()",
        f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {TABLE}_seal",
    ]
    return statements


def _guards_sqlite() -> list[str]:
    statements = []
    for table in (TABLE, SEAL):
        for verb in ("UPDATE", "DELETE"):
            statements.append(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'the memory is append-only'); END"
            )
        statements.append(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} BEGIN "
            f"SELECT RAISE(ABORT, 'the memory is append-only') WHERE EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id); END"
        )
    head = f"coalesce((SELECT hash FROM {SEAL} ORDER BY id DESC LIMIT 1), '')"
    statements.append(
        f"CREATE TRIGGER {TABLE}_seal AFTER INSERT ON {TABLE} BEGIN "
        f"INSERT INTO {SEAL} (first_id, last_id, previous_hash, hash) "
        f"SELECT NEW.id, NEW.id, head, cart19_sha256(head || NEW.row_hash) FROM (SELECT {head} AS head); END"
    )
    return statements


def locks(vendor: str) -> list[str]:
    """Statements that make what the lock triggers call; before the first table is captured with a lock."""
    return [] if vendor == "sqlite" else [_LOCKED]


def drop_guards(vendor: str) -> list[str]:
    """Statements that undo `guards`."""
    if vendor == "sqlite":
        names = [f"{table}_no_{what}" for table in (TABLE, SEAL) for what in ("update", "delete", "replace")]
        return [f"DROP TRIGGER IF EXISTS {name}" for name in [*names, f"{TABLE}_seal"]]
    statements = [f"DROP TRIGGER IF EXISTS {TABLE}_seal ON {TABLE}"]
    for table in (TABLE, SEAL):
        statements += [
            f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}",
            f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}",
        ]
    return statements + [
        f"DROP FUNCTION IF EXISTS cart19_{name}() CASCADE" for name in ("seal", "refuse", "remember", "locked")
    ]
