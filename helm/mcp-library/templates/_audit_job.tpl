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
          {{- include "mcp-library.jobPodMetadata" (list . "audit") | nindent 10 }}
        spec:
          {{- include "mcp-library.jobBasics" . | nindent 10 }}
          serviceAccountName: {{ include "mcp-library.jobServiceAccountName" . }}
          restartPolicy: Never
          {{- if or .Values.audit.monthly.exportTo .Values.jobs.initContainers }}
          initContainers:
            {{- include "mcp-library.containersFromValues" (list . .Values.jobs.initContainers) | nindent 12 }}
          {{- end }}
          {{- if .Values.audit.monthly.exportTo }}
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
              {{- include "mcp-library.serverCredentials" . | nindent 14 }}
            - name: owner
              {{- include "mcp-library.ownerCredentials" . | nindent 14 }}
            {{- with .Values.extraVolumes }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
{{- end }}

{{- define "mcp-library.auditContainer" -}}
{{- include "mcp-library.container" . }}
env:
  {{- include "mcp-library.settingVariables" . | trim | nindent 2 }}
  {{- include "mcp-library.ownerVariables" . | trim | nindent 2 }}
  {{- with .Values.audit.monthly.env }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- include "mcp-library.environmentFrom" (concat .Values.envFrom .Values.audit.monthly.envFrom) }}
resources:
  {{- include "mcp-library.jobResources" . | nindent 2 }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: secrets, mountPath: /run/secrets/server, readOnly: true}
  - {name: owner, mountPath: /run/secrets/owner, readOnly: true}
  {{- with .Values.extraVolumeMounts }}
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
