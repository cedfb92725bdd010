# Two stages: build with the toolchain, ship one binary on a plain Debian.
# The binary carries its migrations, assets and CA roots, so nothing is
# installed here. Build with BuildKit, the default since Docker 23.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
# The caches keep the registry and compiled dependencies between builds; they
# are not part of a layer, so the binary is copied out in the same step.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package signalbox \
    && install -D target/release/signalbox /out/signalbox \
    && install -d /out/data

FROM debian:bookworm-slim
ARG VERSION=dev
LABEL org.opencontainers.image.title="signalbox" \
      org.opencontainers.image.description="Takes the signals that vendors send and publish, and routes what matters to the people on call." \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0 OR MIT"

COPY --from=build /out/signalbox /usr/local/bin/signalbox
# A new volume takes over this owner; the user needs no entry in /etc/passwd.
COPY --from=build --chown=10001:10001 /out/data /data
USER 10001:10001
# A signalbox.toml mounted here is found without a flag.
WORKDIR /data
VOLUME /data

ENV HOST=0.0.0.0 \
    PORT=3000 \
    DATABASE_URL=sqlite:/data/signalbox.db
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 CMD ["signalbox", "healthcheck"]
ENTRYPOINT ["signalbox"]
CMD ["serve"]
