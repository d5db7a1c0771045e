{{- define "mcp-library.autoscaler" -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "mcp-library.fullname" . }}
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: {{ include "mcp-library.workloadKind" . }}, name: {{ include "mcp-library.fullname" . }}}
  minReplicas: {{ .Values.autoscaling.minReplicas }}
  maxReplicas: {{ .Values.autoscaling.maxReplicas }}
  metrics:
    {{- range $name, $percent := dict "cpu" .Values.autoscaling.targetCPUUtilizationPercentage "memory" .Values.autoscaling.targetMemoryUtilizationPercentage }}
    {{- if $percent }}
    - type: Resource
      resource:
        name: {{ $name }}
        target: {type: Utilization, averageUtilization: {{ $percent }}}
    {{- end }}
    {{- end }}
    {{- with .Values.autoscaling.metrics }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.autoscaling.behavior }}
  behavior:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "mcp-library.disruptionBudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "mcp-library.fullname" . }}
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
spec:
  {{- with .Values.disruptionBudget.minAvailable }}
  minAvailable: {{ . }}
  {{- else }}
  maxUnavailable: {{ .Values.disruptionBudget.maxUnavailable | default 1 }}
  {{- end }}
  # A pod that is not ready takes no calls, so it must not delay the draining of a node.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "mcp-library.serverSelector" . | nindent 6 }}
{{- end }}
