{{/* Annotations that order an object before the server: hooks of Helm, which Argo CD and Flux know, or waves of Argo CD.
     Arguments: the context, the weight of the hook, and the wave. */}}
{{- define "mcp-library.before" -}}
{{- if eq (index . 0).Values.migration.as "hook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ index . 1 | quote }}
helm.sh/hook-delete-policy: before-hook-creation
{{- else -}}
argocd.argoproj.io/sync-wave: {{ index . 2 | quote }}
{{- end }}
{{- end }}

{{/* Secrets, accounts and policies that the migration needs. */}}
{{- define "mcp-library.beforeMigration" -}}
{{ include "mcp-library.before" (list . "-10" "-2") }}
{{- end }}

{{/* Migrates the database. Only this Job reads the owner's password. A Job cannot be changed, so one that is no hook has
     its content in its name. It stays, since tools that compare a release with the cluster would create it again. */}}
{{- define "mcp-library.migration" -}}
{{- $spec := include "mcp-library.migrationSpec" . -}}
{{- $name := printf "%s-migrate" (include "mcp-library.fullname" . | trunc 45 | trimSuffix "-") -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ eq .Values.migration.as "hook" | ternary $name (printf "%s-%s" $name (sha256sum $spec | trunc 8)) }}
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
  annotations:
    {{- include "mcp-library.before" (list . "0" "-1") | nindent 4 }}
spec:
  {{- $spec | nindent 2 }}
{{- end }}

{{- define "mcp-library.migrationSpec" -}}
# `migrate` is one transaction and safe to repeat.
backoffLimit: 3
activeDeadlineSeconds: {{ .Values.migration.timeoutSeconds }}
{{- if eq .Values.migration.as "hook" }}
ttlSecondsAfterFinished: 86400
{{- end }}
template:
  metadata:
    labels:
      {{- include "mcp-library.labels" . | nindent 6 }}
      app.kubernetes.io/component: migration
  spec:
    {{- include "mcp-library.podBasics" . | nindent 4 }}
    restartPolicy: Never
    {{- if dig "firstTry" "enabled" false (.Values.global | default dict) }}
    initContainers:
      {{- include "fleet.databases" . | nindent 6 }}
    {{- end }}
    containers:
      - name: migrate
        {{- include "mcp-library.container" . | nindent 8 }}
        args: [migrate]
        env:
          {{- include "mcp-library.settingVariables" . | trim | nindent 10 }}
          {{- include "mcp-library.ownerVariables" . | trim | nindent 10 }}
        resources:
          {{- toYaml .Values.resources | nindent 10 }}
        volumeMounts:
          - {name: tmp, mountPath: /tmp}
          - {name: secrets, mountPath: /run/secrets/server, readOnly: true}
          - {name: owner, mountPath: /run/secrets/owner, readOnly: true}
          {{- with .Values.volumeMounts }}
          {{- toYaml . | nindent 10 }}
          {{- end }}
    volumes:
      - name: tmp
        emptyDir: {sizeLimit: 64Mi}
      - name: secrets
        secret:
          secretName: {{ include "mcp-library.secretName" . }}
          defaultMode: 0440
          items:
            {{- include "mcp-library.secretItems" . | nindent 12 }}
      - name: owner
        secret:
          secretName: {{ include "mcp-library.migrationSecretName" . }}
          defaultMode: 0440
          items:
            {{- include "mcp-library.ownerItems" . | trim | nindent 12 }}
      {{- if dig "firstTry" "enabled" false (.Values.global | default dict) }}
      {{- include "fleet.databaseVolumes" . | nindent 6 }}
      {{- end }}
      {{- with .Values.volumes }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
{{- end }}

{{- define "mcp-library.ownerVariables" -}}
{{- range .Values.migration.keys }}
- name: {{ upper $.Chart.Name }}_{{ upper . }}_FILE
  value: /run/secrets/owner/{{ . }}
{{- end }}
{{- end }}

{{- define "mcp-library.ownerItems" -}}
{{- range .Values.migration.keys }}
- {key: {{ . }}, path: {{ . }}}
{{- end }}
{{- end }}
