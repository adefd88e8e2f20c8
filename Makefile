# Thin over noxfile.py: make gives the names, nox the environments.
.DEFAULT_GOAL := help
.PHONY: help demo twin assess test test-long lint sanity bench docs clean

PYTHON ?= python3
TOOLS := build/tools
NOX := $(TOOLS)/bin/nox
# Where pyenv manages several interpreters, let the sessions see every one that the collection supports.
ifneq ($(shell command -v pyenv 2>/dev/null),)
export PYENV_VERSION := $(shell pyenv versions --bare 2>/dev/null | grep -E '^3\.1[123]\.' | sort -t. -k2n | paste -sd:)
endif

help: ## Show this list
	@echo "sunset.ws2008 - the last reachable state of Windows Server 2008 SP2"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(NOX):
	@$(PYTHON) -m venv $(TOOLS)
	@$(TOOLS)/bin/pip install --quiet --disable-pip-version-check -c tests/requirements/constraints.txt nox

demo: $(NOX) ## Assess, remediate and verify three rehearsal servers over real WinRM (about two minutes)
	@$(NOX) -s demo

twin: $(NOX) ## Run one rehearsal server in the foreground: PORT=5985 WINRM=1.1|2.0|3.0 SNAPSHOT=file.yml TLS=schannel|modern
	@$(NOX) -s twin -- $(if $(PORT),--port $(PORT)) $(if $(WINRM),--winrm $(WINRM)) $(if $(SNAPSHOT),--snapshot $(SNAPSHOT)) $(if $(TLS),--tls $(TLS))

assess: $(NOX) ## Judge a host from captured evidence, no network: EVIDENCE=folder-or-systeminfo.txt
	@$(NOX) -s assess -- "$(EVIDENCE)"

test: $(NOX) ## Run every test (under 20 minutes on two cores)
	@$(NOX) -s unit integration witness peers molecule matrix

test-long: $(NOX) ## Run the tests that take longer (under an hour)
	@$(NOX) -s long fuzz

lint: $(NOX) ## Check style, types, documentation and packaging
	@$(NOX) -s lint importer

sanity: $(NOX) ## Run ansible-test sanity
	@$(NOX) -s sanity

bench: $(NOX) ## Measure round trips, bytes and controller CPU of an assessment
	@$(NOX) -s bench

docs: $(NOX) ## Build the reference documentation into build/docs
	@$(NOX) -s docs

clean: ## Remove everything that the targets above made
	@rm -rf build .nox
