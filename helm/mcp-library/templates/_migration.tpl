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
      labels:
        {{- include "mcp-library.labels" . | nindent 8 }}
        app.kubernetes.io/component: migration
    spec:
      {{- include "mcp-library.podBasics" . | nindent 6 }}
      restartPolicy: Never
      containers:
        - name: migrate
          {{- include "mcp-library.container" . | nindent 10 }}
          args: [migrate]
          env:
            {{- include "mcp-library.settingVariables" . | trim | nindent 12 }}
            {{- include "mcp-library.ownerVariables" . | trim | nindent 12 }}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
            - {name: secrets, mountPath: /run/secrets/server, readOnly: true}
            - {name: owner, mountPath: /run/secrets/owner, readOnly: true}
            {{- with .Values.volumeMounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
      volumes:
        - name: tmp
          emptyDir: {sizeLimit: 64Mi}
        - name: secrets
          secret:
            secretName: {{ include "mcp-library.secretName" . }}
            defaultMode: 0440
            items:
              {{- include "mcp-library.secretItems" . | nindent 14 }}
        - name: owner
          secret:
            secretName: {{ include "mcp-library.migrationSecretName" . }}
            defaultMode: 0440
            items:
              {{- include "mcp-library.ownerItems" . | trim | nindent 14 }}
        {{- with .Values.volumes }}
        {{- toYaml . | nindent 8 }}
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
