# The sandbox container: sandboxd as PID 1, with the programs that sandboxes use.
#
#   docker build -t sandboxd .                                           this image
#   docker build -t sandboxd --build-arg SANDBOX_VERSION=0.12.7 .        telling clients another version
#
# On top of it, `FROM sandboxd` and a `CMD ["node", "server.js"]`: the server starts the command once its port is
# open, and ends with the command's exit status unless that is 0. Arguments that begin with `--` are flags of sandboxd.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
COPY .ci/setup.bash /project/.ci/setup.bash
RUN bash -c '. /project/.ci/setup.bash && require_packages "${packages_to_build[@]}" "${packages_to_run[@]}"'
COPY . /project
RUN /project/run --build-only && cd /project/build/release \
  && strip --strip-debug sandboxd launcher/sandboxd-spawner git/sandboxd-git-worker inspector/sandboxctl/sandboxctl

FROM ${BASE}
# First what sandboxd and its helpers are linked with, then what they run, then what the SDK and its users expect to find.
RUN apt-get update \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    libcaf-core0.17 libfmt9 libhttp-parser2.9 libseccomp2 libnftables1 libsimdjson14 libgit2-1.5 libcpp-httplib0.11 \
    bash git ca-certificates openssh-client procps util-linux \
    nodejs npm python3 python3-pip python3-venv \
    python3-ipython python3-numpy python3-pandas python3-matplotlib python3-pil \
    curl file jq less tar zip unzip xz-utils \
    s3fs fuse3 squashfs-tools squashfuse fuse-overlayfs inotify-tools \
  && rm -rf /var/lib/apt/lists/* \
  && sed -i 's/^#user_allow_other/user_allow_other/' /etc/fuse.conf \
  && mkdir -p /workspace

# The path of the server is part of what users' images rely on, also to start it by an ENTRYPOINT of their own.
COPY --from=build /project/build/release/sandboxd /container-server/sandbox
COPY --from=build /project/build/release/launcher/sandboxd-spawner /container-server/launcher/
COPY --from=build /project/build/release/git/sandboxd-git-worker /container-server/git/
COPY --from=build /project/build/release/interpreters/python /container-server/interpreters/python
COPY --from=build /project/build/release/interpreters/node /container-server/interpreters/node
COPY --from=build /project/build/release/interpreters/sandboxd-namespace-init /container-server/interpreters/
COPY --from=build /project/build/release/inspector/sandboxctl/sandboxctl /usr/local/bin/
COPY --from=build /project/config/sandboxd.conf /etc/sandboxd/sandboxd.conf
# Start-up scripts of older images end by calling startup.sh, or dist/index.js by bun. As the supervised command they
# find the server running, and nothing is left to do. The bun here knows that file alone; users may put theirs over it.
RUN ln -s /container-server/sandbox /usr/local/bin/sandboxd \
  && mkdir -p /container-server/dist \
  && printf '%s\n' '#!/bin/sh' '[ "$SANDBOX_STARTED" = true ] || exec /container-server/sandbox "$@"' \
    >/container-server/startup.sh \
  && printf '%s\n' 'const { spawnSync } = require("node:child_process");' \
    'if (process.env.SANDBOX_STARTED !== "true")' \
    '  process.exit(spawnSync("/container-server/sandbox", process.argv.slice(2), { stdio: "inherit" }).status ?? 1);' \
    >/container-server/dist/index.js \
  && printf '%s\n' '#!/bin/sh' 'case $(readlink -f "$1") in' \
    '  /container-server/dist/index.js) shift; exec /container-server/startup.sh "$@" ;;' \
    '  *) echo "bun is not part of this image" >&2; exit 127 ;;' 'esac' >/usr/local/bin/bun \
  && chmod 755 /container-server/startup.sh /usr/local/bin/bun

ARG SANDBOX_VERSION=0.12.10
# Every key of the configuration has such a variable; `sandboxd --help` lists them. The maxima of the pools
# (PYTHON_POOL_MAX_SIZE and so on) are not set: no limit.
ENV SANDBOXD_CONFIG_FILE=/etc/sandboxd/sandboxd.conf \
    SANDBOXD_HTTP_ADDRESS=0.0.0.0 \
    SANDBOXD_INSPECTOR_JOURNAL_FILE=/var/lib/sandboxd/journal \
    SANDBOX_VERSION=${SANDBOX_VERSION} \
    PYTHON_POOL_MIN_SIZE=3 \
    JAVASCRIPT_POOL_MIN_SIZE=3 \
    TYPESCRIPT_POOL_MIN_SIZE=3

WORKDIR /container-server
EXPOSE 3000
ENTRYPOINT ["/container-server/sandbox"]
