# The ten controls in Rego: the set of those that a fact violates. Levels: 0 None, 1 Read Only, 2 Standard, 3 Admin.
# What is not known is null: comparisons with it are guarded, because null sorts below numbers.
package rivals

violated contains "RIV-01" if {
	input.tool.id == "company/directory"
	input.level >= 3
	not input.exception
}

violated contains "RIV-02" if {
	input.principal.type == "ManagedAccount"
	input.through == "template"
	is_number(input.requested)
	input.level > input.requested
	not input.exception
}

violated contains "RIV-03" if {
	input.level >= 2
	input.project.active == false
}

violated contains "RIV-04" if {
	input.level >= 1
	input.project.demo == true
	input.principal.type == "ManagedAccount"
}

violated contains "RIV-05" if {
	input.level >= 1
	input.principal.active == false
}

violated contains "RIV-06" if {
	input.level >= 2
	input.principal.type == "LegacyAccount"
	unowned
}

unowned if input.principal.owner == ""

unowned if input.principal.app_type == ""

contracts := {"commitments", "prime_contracts", "change_orders", "direct_costs", "budgeting"}

violated contains "RIV-07" if {
	input.level >= 2
	input.tool.scope == "project"
	input.tool.key in contracts
	not input.exception
	not connector
}

connector if startswith(input.principal.name, "budget-")

connector if startswith(input.principal.name, "invoice-")

connector if startswith(input.principal.name, "cost-")

violated contains "RIV-08" if {
	input.level >= 2
	site
	contains(input.project.name, "School")
}

site if startswith(input.principal.name, "site-")

site if startswith(input.principal.name, "crew-")

site if startswith(input.principal.name, "safety-")

violated contains "RIV-09" if {
	input.exception
	input.level < 2
	input.principal.type == "ManagedAccount"
}

violated contains "RIV-10" if {
	input.level < 3
	beyond
}

beyond if {
	is_number(input.granular)
	input.granular > 3
}

beyond if {
	input.level >= 2
	startswith(input.tool.key, "generic_tool_")
}
