{{/* An audit trail in a file needs a volume for each pod, which only a StatefulSet provides. */}}
{{- define "mcp-library.workloadKind" -}}
{{ .Values.audit.enabled | ternary "StatefulSet" "Deployment" }}
{{- end }}

{{- define "mcp-library.workload" -}}
apiVersion: apps/v1
kind: {{ include "mcp-library.workloadKind" . }}
metadata:
  name: {{ include "mcp-library.fullname" . }}
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
spec:
  {{- if not .Values.autoscaling.enabled }}
  replicas: {{ .Values.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  selector:
    matchLabels:
      {{- include "mcp-library.serverSelector" . | nindent 6 }}
  {{- if .Values.audit.enabled }}
  serviceName: {{ include "mcp-library.fullname" . }}
  podManagementPolicy: Parallel
  # The audit trail outlives the pods that wrote it.
  persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}
  volumeClaimTemplates:
    - metadata:
        name: audit
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .Values.audit.storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources: {requests: {storage: {{ .Values.audit.size }}}}
  {{- else }}
  strategy:
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  {{- end }}
  template:
    metadata:
      labels:
        {{- include "mcp-library.labels" . | nindent 8 }}
        app.kubernetes.io/component: server
        {{- with .Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with .Values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "mcp-library.podBasics" . | nindent 6 }}
      serviceAccountName: {{ include "mcp-library.fullname" . }}
      {{- with .Values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- with .Values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      terminationGracePeriodSeconds: {{ include "mcp-library.graceSeconds" . }}
      topologySpreadConstraints:
        {{- include "mcp-library.spread" (list . "topology.kubernetes.io/zone" .Values.spread.zones) | nindent 8 }}
        {{- include "mcp-library.spread" (list . "kubernetes.io/hostname" .Values.spread.hosts) | nindent 8 }}
      {{- if include "mcp-library.runsPreflight" . }}
      initContainers:
        {{- include "mcp-library.preflight" . | nindent 8 }}
      {{- end }}
      containers:
        - name: server
          {{- include "mcp-library.container" . | nindent 10 }}
          env:
            {{- include "mcp-library.serverVariables" . | nindent 12 }}
          ports:
            - {name: http, containerPort: {{ include "mcp-library.port" . }}}
            {{- if .Values.metrics.enabled }}
            - {name: metrics, containerPort: {{ include "mcp-library.metricsPort" . }}}
            {{- end }}
          startupProbe:
            httpGet: {path: /live, port: http}
            periodSeconds: 1
            failureThreshold: 60
          livenessProbe:
            httpGet: {path: /live, port: http}
            periodSeconds: 10
            timeoutSeconds: 3
            failureThreshold: 3
          readinessProbe:
            httpGet: {path: /ready, port: http}
            periodSeconds: 2
            timeoutSeconds: 2
            failureThreshold: 2
          lifecycle:
            # Endpoints drop the pod before SIGTERM. The kubelet sleeps, so the image needs no shell.
            preStop: {sleep: {seconds: {{ include "mcp-library.preStopSeconds" . }}}}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
          volumeMounts:
            {{- include "mcp-library.serverMounts" . | nindent 12 }}
      volumes:
        - name: tmp
          emptyDir: {sizeLimit: 64Mi}
        {{- if include "mcp-library.hasSecrets" . }}
        - name: secrets
          secret:
            secretName: {{ include "mcp-library.secretName" . }}
            defaultMode: 0440
            items:
              {{- include "mcp-library.secretItems" . | nindent 14 }}
        {{- end }}
        {{- if or .Values.policy .Values.policies }}
        # A whole directory, as files mounted by subPath are never updated, and the server reloads a changed policy.
        - name: policy
          configMap:
            name: {{ include "mcp-library.fullname" . }}-policy
        {{- end }}
        {{- with .Values.volumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
{{- end }}

{{- define "mcp-library.serverMounts" -}}
- {name: tmp, mountPath: /tmp}
{{- if .Values.audit.enabled }}
- {name: audit, mountPath: /var/lib/audit}
{{- end }}
{{- if include "mcp-library.hasSecrets" . }}
- {name: secrets, mountPath: /run/secrets/server, readOnly: true}
{{- end }}
{{- if or .Values.policy .Values.policies }}
- {name: policy, mountPath: /etc/policy, readOnly: true}
{{- end }}
{{- with .Values.volumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "mcp-library.spread" -}}
{{- $root := index . 0 -}}
- topologyKey: {{ index . 1 }}
  maxSkew: 1
  whenUnsatisfiable: {{ index . 2 }}
  matchLabelKeys: [{{ $root.Values.audit.enabled | ternary "controller-revision-hash" "pod-template-hash" }}]
  labelSelector:
    matchLabels:
      {{- include "mcp-library.serverSelector" $root | nindent 6 }}
{{- end }}
