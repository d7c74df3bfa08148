-- The ten controls as queries: each keeps the facts that violate it. Levels: 0 None, 1 Read Only, 2 Standard, 3 Admin.

-- RIV-01
SELECT principal, tool, project FROM facts
WHERE tool = (SELECT id FROM tools WHERE name = 'company/directory') AND level >= 3 AND NOT exception;

-- RIV-02
SELECT principal, tool, project FROM facts JOIN principals ON principals.id = principal
WHERE type = 'ManagedAccount' AND through = 'template' AND level > requested AND NOT exception;

-- RIV-03
SELECT principal, tool, project FROM facts JOIN projects ON projects.id = project
WHERE level >= 2 AND NOT projects.active;

-- RIV-04
SELECT principal, tool, project FROM facts
JOIN projects ON projects.id = project JOIN principals ON principals.id = principal
WHERE type = 'ManagedAccount' AND demo AND level >= 1;

-- RIV-05
SELECT principal, tool, project FROM facts JOIN principals ON principals.id = principal
WHERE NOT principals.active AND level >= 1;

-- RIV-06
SELECT principal, tool, project FROM facts JOIN principals ON principals.id = principal
WHERE type = 'LegacyAccount' AND (owner = '' OR app_type = '') AND level >= 2;

-- RIV-07
SELECT principal, tool, project FROM facts JOIN principals ON principals.id = principal JOIN tools ON tools.id = tool
WHERE scope = 'project' AND key IN ('commitments', 'prime_contracts', 'change_orders', 'direct_costs', 'budgeting')
    AND level >= 2 AND NOT exception
    AND NOT (principals.name LIKE 'budget-%' OR principals.name LIKE 'invoice-%' OR principals.name LIKE 'cost-%');

-- RIV-08
SELECT principal, tool, project FROM facts
JOIN principals ON principals.id = principal JOIN projects ON projects.id = project
WHERE (principals.name LIKE 'site-%' OR principals.name LIKE 'crew-%' OR principals.name LIKE 'safety-%')
    AND projects.name LIKE '%School%' AND level >= 2;

-- RIV-09
SELECT principal, tool, project FROM facts JOIN principals ON principals.id = principal
WHERE type = 'ManagedAccount' AND exception AND level < 2;

-- RIV-10
SELECT principal, tool, project FROM facts JOIN tools ON tools.id = tool
WHERE (granular > 3 OR (key LIKE 'generic\_tool\_%' ESCAPE '\' AND level >= 2)) AND level < 3;
