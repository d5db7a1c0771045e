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
  name: {{ eq .Values.migration.as "hook" | ternary $name (printf "%s-%s" $name (print $spec (toJson .Values.commonLabels) | sha256sum | trunc 8)) }}
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
    {{- include "mcp-library.jobPodMetadata" (list . "migration") | nindent 4 }}
  spec:
    {{- include "mcp-library.jobBasics" . | nindent 4 }}
    serviceAccountName: {{ include "mcp-library.jobServiceAccountName" . }}
    restartPolicy: Never
    {{- $firstTry := dig "firstTry" "enabled" false .Values.global }}
    {{- if or $firstTry .Values.jobs.initContainers }}
    initContainers:
      {{- if $firstTry }}
      {{- include "fleet.databases" . | nindent 6 }}
      {{- end }}
      {{- include "mcp-library.containersFromValues" (list . .Values.jobs.initContainers) | nindent 6 }}
    {{- end }}
    containers:
      - name: migrate
        image: {{ include "mcp-library.ownerImage" . }}
        {{- include "mcp-library.containerBasics" . | nindent 8 }}
        args: [migrate]
        env:
          {{- include "mcp-library.settingVariables" . | trim | nindent 10 }}
          {{- include "mcp-library.ownerVariables" . | trim | nindent 10 }}
        {{- include "mcp-library.environmentFrom" .Values.envFrom | nindent 8 }}
        resources:
          {{- include "mcp-library.jobResources" . | nindent 10 }}
        volumeMounts:
          - {name: tmp, mountPath: /tmp}
          - {name: secrets, mountPath: /run/secrets/server, readOnly: true}
          - {name: owner, mountPath: /run/secrets/owner, readOnly: true}
          {{- with .Values.extraVolumeMounts }}
          {{- toYaml . | nindent 10 }}
          {{- end }}
    volumes:
      - name: tmp
        emptyDir: {sizeLimit: 64Mi}
      - name: secrets
        {{- include "mcp-library.serverCredentials" . | nindent 8 }}
      - name: owner
        {{- include "mcp-library.ownerCredentials" . | nindent 8 }}
      {{- if $firstTry }}
      {{- include "fleet.databaseVolumes" . | nindent 6 }}
      {{- end }}
      {{- with .Values.extraVolumes }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
{{- end }}

{{- define "mcp-library.ownerVariables" -}}
{{- range concat .Values.migration.keys (keys .Values.migration.from | sortAlpha) | uniq }}
- name: {{ upper $.Chart.Name }}_{{ upper . }}_FILE
  value: {{ include "mcp-library.credentialPath" (list . $.Values.migration.from "/run/secrets/owner") }}
{{- end }}
{{- end }}

{{/* Keys of the owner's own Secret: those that `migration.from` does not take from elsewhere. */}}
{{- define "mcp-library.ownerItems" -}}
{{- range .Values.migration.keys }}
{{- if not (hasKey $.Values.migration.from .) }}
- {key: {{ . }}, path: {{ . }}}
{{- end }}
{{- end }}
{{- end }}
