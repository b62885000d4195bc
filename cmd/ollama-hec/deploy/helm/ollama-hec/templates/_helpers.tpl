{{- define "ollama-hec.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "ollama-hec.fullname" -}}
{{- $name := include "ollama-hec.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "ollama-hec.labels" -}}
{{ include "ollama-hec.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | quote }}
{{- end }}

{{- define "ollama-hec.selector" -}}
app.kubernetes.io/name: {{ include "ollama-hec.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "ollama-hec.captureSelector" -}}
app.kubernetes.io/name: {{ include "ollama-hec.name" . }}-capture
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "ollama-hec.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "ollama-hec.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "ollama-hec.image" -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}

{{- /* Where the token is: name and key of the Secret. */}}
{{- define "ollama-hec.secret" -}}
{{- if .Values.token }}{{ include "ollama-hec.fullname" . }}-token{{ else }}{{ .Values.existingSecret }}{{ end }}
{{- end }}

{{- define "ollama-hec.secretKey" -}}
{{- if .Values.token }}token{{ else }}{{ .Values.existingSecretKey }}{{ end }}
{{- end }}

{{- /* What every pod of the chart has. */}}
{{- define "ollama-hec.pod" -}}
serviceAccountName: {{ include "ollama-hec.serviceAccount" . }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{- define "ollama-hec.strategy" -}}
type: RollingUpdate
rollingUpdate:
  maxUnavailable: {{ .Values.maxUnavailable }}
{{- end }}

{{- /* A setting's value as the program takes it: YAML reads an off without quotes as false, and a large number as a fraction. */}}
{{- define "ollama-hec.value" -}}
{{- $name := index . 0 }}{{ $value := index . 1 }}
{{- if kindIs "bool" $value }}
{{- if eq $name "INSECURE_SKIP_VERIFY" }}{{ $value }}{{ else }}{{ ternary "on" "off" $value }}{{ end }}
{{- else if kindIs "float64" $value }}{{ $value | int64 }}
{{- else }}{{ $value }}
{{- end }}
{{- end }}
