.PHONY: screenshots gallery messages secrets run test lint bench lock test-pg conformance mutants forgeries long
PY = .venv/bin/python
LOCK = runtime

run:  ## the whole console on this machine; PORT=8001 DEMO=0 DATABASE_URL=… REDIS_URL=… BROKER_URL=… LOCK=pkcs11 change it
	@sh scripts/bootstrap.sh $(LOCK)
	@exec $(PY) manage.py up

test:  ## everything: units and journeys, races on PostgreSQL, a real browser
	@sh scripts/bootstrap.sh test
	@sh scripts/test.sh

long:  ## every crossing of hosts, servers and revisions with the gate, and the verifier without each of its checks
	@sh scripts/bootstrap.sh test
	@sh scripts/counterparts.sh
	$(PY) -m pytest -q -n 3 --dist worksteal -m long

test-pg:  ## the same units and journeys, on PostgreSQL
	@sh scripts/bootstrap.sh test
	$(PY) -m pytest -q -n 2 --dist loadscope --postgres -m "not browser and not long"

conformance:  ## every scenario of the official MCP conformance suite, with and without a gate
	@sh scripts/bootstrap.sh test
	$(PY) -m pytest -q tests/counterparts/whole_conformance.py

lint:
	@sh scripts/bootstrap.sh test
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	.venv/bin/lint-imports

bench:  ## submissions and round trips per second beside the limits of this machine
	@sh scripts/bootstrap.sh test
	$(PY) -m benchmarks

# Keeps existing pins; `make lock U=--upgrade` moves them. Every lock is a subset of the next one.
UV = .venv/installer/bin/uv
COMPILE = $(UV) pip compile -q --universal --python-version 3.12 --generate-hashes --no-annotate --no-header --no-emit-index-url
lock:
	@sh scripts/bootstrap.sh test
	$(COMPILE) $(U) pyproject.toml --group dev -o requirements/dev.lock
	$(COMPILE) pyproject.toml --group test -c requirements/dev.lock -o requirements/test.lock
	$(COMPILE) pyproject.toml -c requirements/dev.lock -o requirements/runtime.lock
	$(COMPILE) pyproject.toml --extra pkcs11 -c requirements/dev.lock -o requirements/pkcs11.lock
	$(COMPILE) $(U) requirements/installer.in -o requirements/installer.lock

mutants:  ## the verifier without each of its checks in turn: which published vector turns red
	@sh scripts/bootstrap.sh test
	$(PY) -m tests.sdk.mutants

forgeries:  ## 10,000 changed receipts for each way of changing them: none is believed
	@sh scripts/bootstrap.sh test
	FORGERIES=10000 $(PY) -m pytest -q tests/sdk/test_mutated_receipts.py

secrets:  ## a thousand secrets through every way in; none is found in what the console leaves behind
	@sh scripts/bootstrap.sh test
	PLANTED=1000 $(PY) -m pytest -q tests/journeys/test_planted_secrets.py

messages:  ## the sentences of all pages, collected for translators; needs gettext
	@sh scripts/bootstrap.sh test
	@sh scripts/messages.sh

screenshots:  ## the pictures of README and docs, from a demo of its own, so that they never age
	@sh scripts/bootstrap.sh test
	$(PY) scripts/screenshots.py

gallery:  ## every page in three sizes and both themes, to be looked at: var/gallery/index.html
	@sh scripts/bootstrap.sh test
	$(PY) scripts/screenshots.py --gallery var/gallery
