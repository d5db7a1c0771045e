{{/* Exports the last month of the audit trail, then removes what is not kept. Only this Job and the migration read the
     owner's password. */}}
{{- define "mcp-library.auditJob" -}}
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {{ include "mcp-library.fullname" . | trunc 46 | trimSuffix "-" }}-audit
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
spec:
  schedule: {{ .Values.audit.monthly.schedule | quote }}
  timeZone: Etc/UTC
  concurrencyPolicy: Forbid
  successfulJobsHistoryLimit: 3
  failedJobsHistoryLimit: 3
  jobTemplate:
    spec:
      # An export is written whole or not at all, and entries are only removed after it.
      backoffLimit: 3
      template:
        metadata:
          labels:
            {{- include "mcp-library.labels" . | nindent 12 }}
            app.kubernetes.io/component: audit
        spec:
          {{- include "mcp-library.podBasics" . | nindent 10 }}
          restartPolicy: Never
          {{- if .Values.audit.monthly.exportTo }}
          initContainers:
            - name: export
              args: [audit, export, --month, last, --to, {{ .Values.audit.monthly.exportTo | quote }}]
              {{- include "mcp-library.auditContainer" . | nindent 14 }}
          {{- end }}
          containers:
            - name: prune
              args: [audit, prune]
              {{- include "mcp-library.auditContainer" . | nindent 14 }}
          volumes:
            - name: tmp
              emptyDir: {sizeLimit: 64Mi}
            - name: secrets
              secret:
                secretName: {{ include "mcp-library.secretName" . }}
                defaultMode: 0440
                items:
                  {{- include "mcp-library.secretItems" . | nindent 18 }}
            - name: owner
              secret:
                secretName: {{ include "mcp-library.migrationSecretName" . }}
                defaultMode: 0440
                items:
                  {{- include "mcp-library.ownerItems" . | trim | nindent 18 }}
            {{- with .Values.volumes }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
{{- end }}

{{- define "mcp-library.auditContainer" -}}
{{- include "mcp-library.container" . }}
env:
  {{- include "mcp-library.settingVariables" . | trim | nindent 2 }}
  {{- include "mcp-library.ownerVariables" . | trim | nindent 2 }}
  {{- range $name, $value := .Values.audit.monthly.environment }}
  - name: {{ $name }}
    value: {{ $value | quote }}
  {{- end }}
{{- with .Values.audit.monthly.secret }}
envFrom:
  - secretRef: {name: {{ . }}}
{{- end }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: secrets, mountPath: /run/secrets/server, readOnly: true}
  - {name: owner, mountPath: /run/secrets/owner, readOnly: true}
  {{- with .Values.volumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{- define "mcp-library.auditNetworkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "mcp-library.fullname" . | trunc 46 | trimSuffix "-" }}-audit
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "mcp-library.selector" . | nindent 6 }}
      app.kubernetes.io/component: audit
  policyTypes: [Ingress, Egress]
  egress:
    {{- include "mcp-library.egressToNames" . | nindent 4 }}
    {{- include "mcp-library.egressTo" (list . "postgres") | nindent 4 }}
    {{- include "mcp-library.egressTo" (list . "internet") | nindent 4 }}
    {{- include "mcp-library.egressTo" (list . "storage") | nindent 4 }}
{{- end }}
