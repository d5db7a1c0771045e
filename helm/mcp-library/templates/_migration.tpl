{{- define "mcp-library.beforeUpgrade" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation
{{- end }}

{{/* Migrates the database before the new server starts. Only this Job reads the owner's password. */}}
{{- define "mcp-library.migration" -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "mcp-library.fullname" . }}-migrate
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
  annotations:
    {{- include "mcp-library.beforeUpgrade" "0" | nindent 4 }}
spec:
  # `migrate` is one transaction and safe to repeat.
  backoffLimit: 3
  activeDeadlineSeconds: {{ .Values.migration.timeoutSeconds }}
  ttlSecondsAfterFinished: 86400
  template:
    metadata:
      {{- include "mcp-library.jobPodMetadata" (list . "migration") | nindent 6 }}
    spec:
      {{- include "mcp-library.jobBasics" . | nindent 6 }}
      serviceAccountName: {{ include "mcp-library.jobServiceAccountName" . }}
      restartPolicy: Never
      {{- with .Values.jobs.initContainers }}
      initContainers:
        {{- include "mcp-library.containersFromValues" (list $ .) | nindent 8 }}
      {{- end }}
      containers:
        - name: migrate
          {{- include "mcp-library.container" . | nindent 10 }}
          args: [migrate]
          env:
            {{- include "mcp-library.settingVariables" . | trim | nindent 12 }}
            {{- include "mcp-library.ownerVariables" . | trim | nindent 12 }}
          {{- include "mcp-library.environmentFrom" .Values.envFrom | nindent 10 }}
          resources:
            {{- include "mcp-library.jobResources" . | nindent 12 }}
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
            - {name: secrets, mountPath: /run/secrets/server, readOnly: true}
            - {name: owner, mountPath: /run/secrets/owner, readOnly: true}
            {{- with .Values.extraVolumeMounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
      volumes:
        - name: tmp
          emptyDir: {sizeLimit: 64Mi}
        - name: secrets
          {{- include "mcp-library.serverCredentials" . | nindent 10 }}
        - name: owner
          {{- include "mcp-library.ownerCredentials" . | nindent 10 }}
        {{- with .Values.extraVolumes }}
        {{- toYaml . | nindent 8 }}
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
