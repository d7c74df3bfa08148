-- The facts, out of the same files that Cutover reads. `{export}` is the folder; `{out}` holds `exceptions.json`, because
-- DuckDB reads no TOML: the exceptions of reviews.toml that are in force, turned into JSON beforehand.
--
-- What is joined here is what Cutover joins (docs/how-it-judges.md): who is a service identity, which template is in
-- force, what company administrators are raised to, what the installed manifest asks for.

-- Levels are numbers: 0 None, 1 Read Only, 2 Standard, 3 Admin.
CREATE MACRO level_of(text) AS
    (list_position(['none', 'readonly', 'standard', 'admin'], lower(replace(text, ' ', ''))) - 1)::TINYINT;
CREATE MACRO dashed(name) AS lower(regexp_replace(trim(name), '[^A-Za-z0-9]+', '-', 'g'));

CREATE TABLE users AS
SELECT id, name, email_address AS email, is_active AS active, company_permission_template.id AS company_template
FROM read_json(['{export}/users.json', '{export}/users_inactive.json'], format = 'array', columns = {
    id: 'INTEGER', name: 'VARCHAR', email_address: 'VARCHAR', is_active: 'BOOLEAN',
    company_permission_template: 'STRUCT(id INTEGER)'
});

CREATE TABLE projects AS
SELECT id, name, active, is_demo AS demo
FROM read_json('{export}/projects.json', format = 'array', columns = {
    id: 'BIGINT', name: 'VARCHAR', active: 'BOOLEAN', is_demo: 'BOOLEAN'
});

CREATE TABLE companies AS
SELECT name FROM read_json('{export}/companies.json', format = 'array', columns = {name: 'VARCHAR'});

CREATE TABLE accounts AS
SELECT dashed(accounts.name) || '-' || dashed(companies.name) || '@procore.com' AS email,
    coalesce("Owner", '') AS owner, lower(coalesce("App Type", '')) AS app_type
FROM read_csv('{export}/service_accounts.csv', header = true, all_varchar = true) AS accounts, companies;

CREATE TABLE exceptions AS
SELECT subject AS email, tool FROM read_json('{out}/exceptions.json', format = 'array', columns = {
    subject: 'VARCHAR', tool: 'VARCHAR'
});

CREATE TABLE templates AS
SELECT id, user_access_levels AS levels, permissions
FROM read_json('{export}/permission_templates.json', format = 'array', columns = {
    id: 'INTEGER', user_access_levels: 'MAP(VARCHAR, VARCHAR)', permissions: 'MAP(VARCHAR, VARCHAR[])'
});

CREATE TABLE given AS
SELECT id AS template, entry.key AS key, level_of(entry.value) AS level,
    coalesce(len(permissions[entry.key]), 0)::SMALLINT AS granular
FROM (SELECT id, permissions, unnest(map_entries(levels)) AS entry FROM templates);

-- The installed manifests, by the dashed name of their app.
CREATE TABLE manifests AS
SELECT dashed(developer_app.name) AS app, manifest.permissions AS asked
FROM read_json('{export}/app_installations/*.json', format = 'unstructured', columns = {
    developer_app: 'STRUCT(name VARCHAR)',
    manifest: 'STRUCT(permissions STRUCT(company MAP(VARCHAR, VARCHAR), project MAP(VARCHAR, VARCHAR)))'
});

CREATE TABLE requests AS
SELECT app, scope, entry.key AS key, level_of(entry.value) AS level
FROM (
    SELECT app, 'company' AS scope, unnest(map_entries(asked.company)) AS entry FROM manifests
    UNION ALL
    SELECT app, 'project', unnest(map_entries(asked.project)) FROM manifests
);

CREATE TABLE members AS
SELECT id, regexp_extract(filename, '(\d+)\.json$', 1)::BIGINT AS project, permission_template.id AS template
FROM read_json('{export}/project_users/*.json', format = 'array', filename = true, columns = {
    id: 'INTEGER', permission_template: 'STRUCT(id INTEGER)'
});

-- The service identities: those on the Service Accounts page, and those with the address of an app's user.
CREATE TABLE principals AS
SELECT users.id, users.name, users.email, users.active, users.company_template,
    CASE WHEN accounts.email IS NULL THEN 'ManagedAccount' ELSE 'LegacyAccount' END AS type,
    accounts.owner, accounts.app_type,
    CASE WHEN accounts.email IS NULL THEN manifests.app END AS app,
    EXISTS (
        SELECT 1 FROM given
        WHERE given.template = users.company_template AND key = 'directory' AND level = 3
    ) AS administers
FROM users
LEFT JOIN accounts ON accounts.email = users.email
LEFT JOIN manifests ON manifests.app = regexp_extract(users.email, '^([a-z0-9-]+)-[0-9a-f]{8}@procore\.com$', 1)
WHERE accounts.email IS NOT NULL OR regexp_matches(users.email, '^[a-z0-9-]+-[0-9a-f]{8}@procore\.com$');

CREATE TABLE tools AS
SELECT row_number() OVER (ORDER BY scope, key)::SMALLINT AS id, scope || '/' || key AS name, scope, key
FROM (
    SELECT DISTINCT 'company' AS scope, key FROM given
    WHERE template IN (SELECT company_template FROM principals)
    UNION
    SELECT DISTINCT 'project', key FROM given WHERE template IN (SELECT template FROM members)
);

-- What each identity holds by each of its templates, once: the memberships only repeat it.
CREATE TABLE held AS
WITH applied AS (
    SELECT id AS principal, 'company' AS scope, company_template AS template FROM principals
    UNION
    SELECT id, 'project', template FROM members WHERE id IN (SELECT id FROM principals)
)
SELECT principal, applied.scope, applied.template, tools.id AS tool,
    CASE WHEN administers THEN 3 ELSE given.level END::TINYINT AS level,
    CASE WHEN administers AND given.level < 3 THEN 'company administrator' ELSE 'template' END AS through,
    CASE WHEN administers AND given.level < 3 AND applied.scope = 'company' THEN NULL ELSE given.granular END
        AS granular,
    CASE WHEN principals.app IS NOT NULL THEN coalesce(requests.level, 0) END::TINYINT AS requested,
    exceptions.email IS NOT NULL AS exception
FROM applied
JOIN principals ON principals.id = principal
JOIN given ON given.template = applied.template
JOIN tools ON tools.scope = applied.scope AND tools.key = given.key
LEFT JOIN requests ON requests.app = principals.app AND requests.scope = tools.scope AND requests.key = tools.key
LEFT JOIN exceptions ON exceptions.email = principals.email AND exceptions.tool = tools.name;

CREATE TABLE facts AS
SELECT principal, tool, NULL::BIGINT AS project, level, through, granular, requested, exception
FROM held WHERE scope = 'company'
UNION ALL
SELECT principal, tool, members.project, level, through, granular, requested, exception
FROM held JOIN members ON members.id = held.principal AND members.template = held.template
WHERE scope = 'project';
