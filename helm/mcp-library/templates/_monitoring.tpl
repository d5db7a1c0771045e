{{- define "mcp-library.serviceMonitor" -}}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ include "mcp-library.fullname" . }}
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
    {{- with .Values.metrics.serviceMonitor.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  selector:
    matchLabels:
      {{- include "mcp-library.selector" . | nindent 6 }}
  endpoints:
    - port: metrics
      path: /metrics
      interval: {{ .Values.metrics.serviceMonitor.interval }}
      {{- if ne .Values.service.type "ClusterIP" }}
      relabelings:
        # A job is named after its Service, which is `-metrics` here; the alert rules select the name of the release.
        - {targetLabel: job, replacement: {{ include "mcp-library.fullname" . }}}
      {{- end }}
{{- end }}
