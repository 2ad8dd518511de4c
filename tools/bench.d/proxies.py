"""What is measured: the relay, nginx, HAProxy and the dataplane, each as one process with one worker."""

import os
import pathlib
import subprocess

import processes

HERE = pathlib.Path(__file__).parent

UPSTREAM_CONF = """daemon off; worker_processes 1; pid {dir}/upstream.pid; error_log {dir}/upstream.err;{user}
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 1000000000; keepalive_timeout 3600; {temp}
  server {{ listen 127.0.0.1:{port} backlog=1024;
    location / {{ default_type application/json; return 200 '{answer}'; }} }} }}
"""

NGINX_CONF = """daemon off; worker_processes 1; pid {dir}/nginx.pid; error_log {dir}/nginx.err;{user}
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 1000000000; {temp}
  upstream llm {{ server 127.0.0.1:{upstream}; keepalive 128; keepalive_requests 1000000000; }}
  server {{ listen 127.0.0.1:{port} backlog=1024;
    location /chat/1.0/ {{ proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://llm/v1/; }} }} }}
"""

HAPROXY_CONF = """global
  nbthread 1
  maxconn 1024
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend chat
  bind 127.0.0.1:{port}
  http-request replace-path /chat/1\\.0/(.*) /v1/\\1
  default_backend llm
backend llm
  server llm 127.0.0.1:{upstream}
"""


def _nginx(directory, name, template, **values):
    temp = " ".join(f"{kind}_temp_path {directory}/{name}-{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = " user root;" if os.geteuid() == 0 else ""
    conf = directory / f"{name}.conf"
    conf.write_text(template.format(dir=directory, temp=temp, user=user, **values))
    return ["nginx", "-p", str(directory), "-e", f"{directory}/{name}.err", "-c", str(conf)]


def upstream(directory, port, answer):
    return processes.Server(_nginx(directory, "upstream", UPSTREAM_CONF, port=port, answer=answer), port, measures_child=True)


def relay(directory, port, upstream_port):
    binary = directory / "relay"
    if not binary.exists():
        subprocess.run(["cc", "-O2", "-o", binary, HERE / "relay.c"], check=True)
    return processes.Server([str(binary), str(port), str(upstream_port)], port)


def nginx(directory, port, upstream_port):
    return processes.Server(_nginx(directory, "nginx", NGINX_CONF, port=port, upstream=upstream_port), port, measures_child=True)


def haproxy(directory, port, upstream_port):
    conf = directory / "haproxy.conf"
    conf.write_text(HAPROXY_CONF.format(port=port, upstream=upstream_port))
    return processes.Server(["haproxy", "-db", "-f", str(conf)], port)


def dataplane(directory, port, upstream_port, environment=None):
    table = directory / "bench.rtbl"
    if not table.exists():
        subprocess.run([processes.binary("rtblc"), "compile", HERE / "routes.yaml", "-o", table], check=True, stderr=subprocess.DEVNULL)
    command = [
        str(processes.binary("dataplane")), "--table", str(table), "--workers", "1", "--listen", f"127.0.0.1:{port}",
        "--admin", f"127.0.0.1:{processes.free_port()}", "--backend", f"bench=http://127.0.0.1:{upstream_port}",
    ]
    return processes.Server(command, port, environment=environment)


ALL = {"relay": relay, "nginx": nginx, "haproxy": haproxy, "dataplane": dataplane}
