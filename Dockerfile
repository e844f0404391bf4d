# The controller in a container: the daemon, as a user without rights, with git and ssh beside it.

# Compiles, then keeps only what is used at run time.
FROM node:24.21.0-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY reconciler reconciler
RUN npm run build && npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24.21.0-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates git openssh-client \
  && rm -rf /var/lib/apt/lists/*

# ssh refuses to work for a user without a name, so the number has one. Kubernetes knows it by its number.
RUN groupadd --gid 10001 stopgap \
  && useradd --uid 10001 --gid 10001 --create-home --home-dir /var/lib/stopgap --shell /usr/sbin/nologin stopgap

WORKDIR /opt/stopgap
COPY --from=build /src/package.json ./
COPY --from=build /src/node_modules node_modules
COPY --from=build /src/dist dist
COPY bin bin
COPY mitigations mitigations
COPY policies policies
COPY traffic traffic
COPY LICENSE ./

ENV NODE_ENV=production
USER 10001:10001
WORKDIR /var/lib/stopgap
VOLUME ["/var/lib/stopgap"]
EXPOSE 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/opt/stopgap/bin/stopgap.js"]
# Inside a container loopback is nobody's: whoever runs it decides what the port is published to.
CMD ["run", "--config", "/etc/stopgap/stopgap.yaml", "--state", "/var/lib/stopgap/state", "--listen", "0.0.0.0:9464"]
