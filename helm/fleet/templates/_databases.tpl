{{/* Before the migration of a server: waits for the bundled Postgres, then creates the server's database and its roles,
     or sets their passwords. Safe to repeat. */}}
{{- define "fleet.databases" -}}
- name: databases
  image: {{ .Values.global.firstTry.postgres.image }}
  {{- include "fleet.containerSecurity" . | nindent 2 }}
  env:
    - {name: PGHOST, value: {{ include "fleet.name" . }}-postgres}
    - {name: PGUSER, value: postgres}
    - {name: DATABASE, value: {{ .Chart.Name }}}
  command: [sh, -euc]
  args:
    - |
      until pg_isready --quiet; do sleep 1; done
      PGPASSWORD="$(cat /run/secrets/store/postgres)"
      export PGPASSWORD
      psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --set "name=$DATABASE" --dbname postgres <<'SQL'
      \set owner `cat /run/secrets/owner/owner_password`
      \set reader `cat /run/secrets/server/reader_password`
      \set writer `cat /run/secrets/server/writer_password`
      SELECT format('CREATE ROLE %I', role) FROM unnest(ARRAY[:'name' || '_owner', :'name' || '_reader', :'name' || '_writer']) AS role
        WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) \gexec
      SELECT format('ALTER ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD %L', :'name' || '_' || role, password)
        FROM (VALUES ('owner', :'owner'), ('reader', :'reader'), ('writer', :'writer')) AS roles (role, password) \gexec
      SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'name' || '_owner')
        WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
      SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', :'name') \gexec
      SELECT format('GRANT CONNECT ON DATABASE %I TO %I, %I, %I', :'name', :'name' || '_owner', :'name' || '_reader', :'name' || '_writer') \gexec
      SQL
  resources:
    requests: {cpu: 50m, memory: 64Mi}
    limits: {memory: 64Mi}
  volumeMounts:
    - {name: secrets, mountPath: /run/secrets/server, readOnly: true}
    - {name: owner, mountPath: /run/secrets/owner, readOnly: true}
    - {name: store, mountPath: /run/secrets/store, readOnly: true}
{{- end }}

{{- define "fleet.databaseVolumes" -}}
- name: store
  secret:
    secretName: {{ include "fleet.secretName" . }}
    defaultMode: 0440
    items:
      - {key: postgres, path: postgres}
{{- end }}
