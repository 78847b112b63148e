# The bot alone: no sandbox, no development packages, of Tencent's SDK only the services in use.
ARG NODE_IMAGE=node:22-alpine

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc* ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json tsconfig.page.json ./
COPY scripts scripts
COPY src src
RUN npm run build

# What goes into the image, put together where the tools are.
WORKDIR /bot
RUN cp /build/package.json /build/package-lock.json . \
  && npm ci --omit=dev --no-audit --no-fund \
  && cp -r /build/dist dist \
  && rm -rf dist/sandbox dist/.tsbuildinfo \
  && find dist -name '*.map' -delete \
  && /build/node_modules/.bin/tsx /build/scripts/prune-sdk.ts /bot

FROM ${NODE_IMAGE}
ENV NODE_ENV=production PORT=3000
WORKDIR /bot
COPY --from=build /bot/package.json ./
COPY --from=build /bot/node_modules node_modules
COPY --from=build /bot/dist dist
# Not root, and nothing in the image belongs to it that it could change.
USER node
EXPOSE 3000
# Lives, not ready: a bot whose Slack is down must not be killed in the middle of a cutover.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((a) => process.exit(a.ok ? 0 : 1), () => process.exit(1))"]
# SIGTERM drains: the pass under way is finished and the lease given back. Give it 30 seconds.
CMD ["node", "dist/main.js"]
