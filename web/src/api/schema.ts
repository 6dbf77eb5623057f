// Generated from docs/openapi.yaml by `npm run gen`. Do not edit.

export interface paths {
    "/v0/aliases": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Aliases and their targets as loaded */
        get: operations["list-aliases"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v0/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Keys of the configuration and the database */
        get: operations["list-keys"];
        put?: never;
        /**
         * Create a key
         * @description Answers the secret once. It cannot be read again.
         */
        post: operations["create-key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v0/keys/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revoke a key for good */
        delete: operations["delete-key"];
        options?: never;
        head?: never;
        /**
         * Change, disable or enable a key
         * @description Takes effect for the next request.
         */
        patch: operations["update-key"];
        trace?: never;
    };
    "/v0/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document */
        get: operations["get-openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v0/providers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Providers as loaded */
        get: operations["list-providers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v0/requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List finished requests
         * @description Pages by cursor: the order is stable while new requests arrive.
         */
        get: operations["list-requests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v0/requests/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Requests as they finish
         * @description A server-sent event stream. Each event is named request, its id is the request's id and its data a RequestView. Events are flushed at least every 250 ms; a comment every 15 s keeps the connection open. A client that falls behind misses events. The stream ends on sign-out and when the gateway stops.
         */
        get: operations["watch-requests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v0/requests/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everything known about one request */
        get: operations["get-request"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v0/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who is signed in
         * @description Answers 200 with signed_in false when nobody is, so that a page can ask without an error.
         */
        get: operations["get-session"];
        put?: never;
        /**
         * Sign in with the admin secret
         * @description Sets a cookie that scripts cannot read. Failed attempts are limited per address.
         */
        post: operations["sign-in"];
        /**
         * Sign out
         * @description Revokes the session, ends its live streams and removes the cookie. Signing out twice is no error.
         */
        delete: operations["sign-out"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v0/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Version, configuration, journal, database and first-run hints */
        get: operations["get-status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        AliasView: {
            /** @description Tried in order */
            groups: components["schemas"]["TargetGroup"][];
            name: string;
            /** @description Additional names clients may use */
            other_names: string[];
        };
        AliasesOutputBody: {
            items: components["schemas"]["AliasView"][];
        };
        ConfigError: {
            /** Format: date-time */
            at: string;
            problems: components["schemas"]["ConfigProblem"][];
        };
        ConfigProblem: {
            /** Format: int64 */
            column?: number;
            file: string;
            /** Format: int64 */
            line?: number;
            message: string;
            /** @description Path inside the document, e.g. providers.openai.base_url */
            path?: string;
        };
        ConfigStatus: {
            /** @description Path of the configuration file; empty when there is none */
            file: string;
            /** @description Set when the last reload failed; the revision before it goes on serving */
            last_error?: components["schemas"]["ConfigError"];
            /** Format: date-time */
            loaded_at: string;
            /** @description Identifies the content that serves now */
            revision: string;
        };
        DatabaseStatus: {
            /** @enum {string} */
            engine: "sqlite" | "postgres";
            /** @description Why it is not ok, without addresses or credentials */
            error?: string;
            ok: boolean;
        };
        ErrorDetail: {
            /** @description Where the error occurred, e.g. 'body.items[3].tags' or 'path.thing-id' */
            location?: string;
            /** @description Error message text */
            message?: string;
            /** @description The value at the given location */
            value?: unknown;
        };
        ErrorModel: {
            /**
             * @description A human-readable explanation specific to this occurrence of the problem.
             * @example Property foo is required but is missing.
             */
            detail?: string;
            /** @description Optional list of individual error details */
            errors?: components["schemas"]["ErrorDetail"][] | null;
            /**
             * Format: uri
             * @description A URI reference that identifies the specific occurrence of the problem.
             * @example https://example.com/error-log/abc123
             */
            instance?: string;
            /**
             * Format: int64
             * @description HTTP status code
             * @example 400
             */
            status?: number;
            /**
             * @description A short, human-readable summary of the problem type. This value should not change between occurrences of the error.
             * @example Bad Request
             */
            title?: string;
            /**
             * Format: uri
             * @description A URI reference to human-readable documentation for the error.
             * @default about:blank
             * @example https://example.com/errors/example
             */
            type: string;
        };
        FirstRun: {
            /** @description Scheme and host this caller reached the gateway by */
            base_url: string;
            /** @description A usable key exists */
            has_key: boolean;
            /** @description An enabled provider is configured */
            has_provider: boolean;
            /** @description A request has been recorded */
            has_request: boolean;
            /** @description An alias for the first request; empty when none is configured */
            model_to_try: string;
        };
        JournalStatus: {
            /**
             * Format: int64
             * @description Size on disk
             */
            bytes: number;
            /** @description Why it is not ok */
            error?: string;
            /**
             * Format: int64
             * @description Bound of the size
             */
            max_bytes: number;
            ok: boolean;
            /**
             * Format: int64
             * @description Records not yet in the database
             */
            pending: number;
        };
        KeyCreated: {
            key: components["schemas"]["KeyView"];
            /** @description Shown this once; only a keyed hash is stored */
            secret: string;
        };
        KeyInput: {
            /** @description Address, CIDR, or from-to range */
            allowed_ips?: string[];
            allowed_models?: string[];
            allowed_providers?: string[];
            comment?: string;
            excluded_models?: string[];
            excluded_providers?: string[];
            /** Format: date-time */
            expires_at?: string;
            /** Format: int64 */
            max_concurrency?: number;
            /** @description Unique */
            name: string;
            /** Format: int64 */
            requests_per_minute?: number;
            strict_fidelity?: boolean;
        };
        KeyPatch: {
            allowed_ips?: string[];
            allowed_models?: string[];
            allowed_providers?: string[];
            comment?: string;
            disabled?: boolean;
            excluded_models?: string[];
            excluded_providers?: string[];
            /**
             * Format: date-time
             * @description null removes the expiry
             */
            expires_at?: string | null;
            /** Format: int64 */
            max_concurrency?: number;
            /** Format: int64 */
            requests_per_minute?: number;
            strict_fidelity?: boolean;
        };
        KeyView: {
            allowed_ips: string[];
            allowed_models: string[];
            allowed_providers: string[];
            comment: string;
            /**
             * Format: date-time
             * @description Absent for keys of the configuration
             */
            created_at?: string;
            /** Format: date-time */
            disabled_at?: string;
            excluded_models: string[];
            excluded_providers: string[];
            /** Format: date-time */
            expires_at?: string;
            /** @description Last four characters of the secret */
            hint: string;
            id: string;
            /**
             * Format: int64
             * @description 0 means unlimited
             */
            max_concurrency: number;
            name: string;
            /**
             * Format: int64
             * @description 0 means unlimited
             */
            requests_per_minute: number;
            /**
             * @description A key of the configuration changes only there
             * @enum {string}
             */
            source: "config" | "database";
            /** @enum {string} */
            state: "active" | "disabled" | "expired";
            /** @description refuse requests that only a lossy conversion could serve */
            strict_fidelity: boolean;
        };
        KeysOutputBody: {
            items: components["schemas"]["KeyView"][];
        };
        Money: {
            /**
             * @description Nano-dollars as an integer; a string because it may exceed 2^53
             * @example 1234000
             */
            nano: string;
            /**
             * @description Dollars as an exact decimal, e.g. 0.001234
             * @example 0.001234
             */
            usd: string;
        };
        ProviderEndpoint: {
            /** @description Without user info and query, which may hold a credential */
            base_url: string;
            /** @example openai.chat */
            protocol: string;
        };
        ProviderView: {
            /** @description Aliases with a target at this provider */
            aliases: string[];
            enabled: boolean;
            endpoints: components["schemas"]["ProviderEndpoint"][];
            /** @description Whether a credential is configured; never its value */
            has_credential: boolean;
            /** @description Upstream models the configuration declares; empty when it does not list them */
            models: string[];
            name: string;
            /**
             * Format: double
             * @description Limit for one attempt, where configured
             */
            timeout_ms?: number;
            /** @description Vendor, where the configuration names one */
            vendor?: string;
        };
        ProvidersOutputBody: {
            items: components["schemas"]["ProviderView"][];
        };
        RequestError: {
            code?: string;
            /** @description Closed set: who can do something about it */
            kind: string;
            message?: string;
        };
        RequestPage: {
            items: components["schemas"]["RequestView"][];
            /** @description Cursor of the next page; absent on the last */
            next?: string;
            /**
             * Format: int64
             * @description Requests that match the filter
             */
            total: number;
            /** @description True when there are at least total, and counting stopped there */
            total_capped: boolean;
        };
        RequestTokens: {
            /** Format: int64 */
            cache_read: number;
            /** Format: int64 */
            cache_write: number;
            /** Format: int64 */
            cache_write_1h: number;
            /** @description Contradictions found in the upstream's counts */
            flags: string[];
            /**
             * Format: int64
             * @description Prompt tokens neither read from nor written to a cache
             */
            input: number;
            /** Format: int64 */
            output: number;
            /** Format: int64 */
            reasoning: number;
            /**
             * @description Who counted
             * @enum {string}
             */
            source: "upstream" | "estimated";
            /** Format: int64 */
            total: number;
        };
        RequestView: {
            /** @description The model the client asked for */
            alias?: string;
            /** Format: int64 */
            attempts: number;
            client_ip?: string;
            client_request_id?: string;
            /** @description Absent when the request is unpriced */
            cost?: components["schemas"]["Money"];
            /**
             * Format: double
             * @description Milliseconds from head to end
             */
            duration_ms?: number;
            error?: components["schemas"]["RequestError"];
            finish_reason?: string;
            /**
             * Format: int64
             * @description Status the client was answered with; 0 when there was no answer
             */
            http_status: number;
            /**
             * Format: uuid
             * @description UUIDv7; also the x-request-id of the answer
             */
            id: string;
            /** @description Name of the key; absent when none was recognised */
            key?: string;
            key_id?: string;
            label?: string;
            /** @description Codes of what a conversion dropped or approximated */
            losses: string[];
            method: string;
            /** @description Upstream model of the last attempt */
            model?: string;
            /** @description True when bytes passed without conversion */
            passthrough: boolean;
            path: string;
            protocol_in?: string;
            protocol_out?: string;
            /** @description Provider of the last attempt */
            provider?: string;
            /** @description What the upstream says the request cost */
            reported_cost?: components["schemas"]["Money"];
            /** Format: int64 */
            request_bytes: number;
            /** Format: int64 */
            response_bytes: number;
            /** @description Model the upstream says it served */
            served_model?: string;
            /**
             * Format: date-time
             * @description When the request's head was read, UTC
             */
            start: string;
            /**
             * @description The outcome from the client's side
             * @enum {string}
             */
            status: "ok" | "failed" | "refused" | "canceled" | "abandoned" | "unknown";
            streamed: boolean;
            /** @description Absent when nothing is known about usage */
            tokens?: components["schemas"]["RequestTokens"];
            /**
             * Format: double
             * @description Output tokens per second after the first
             */
            tokens_per_second?: number;
            /**
             * Format: double
             * @description Milliseconds to the first meaningful byte from the upstream
             */
            ttft_ms?: number;
            /** @description The upstream's request id */
            upstream_id?: string;
        };
        SessionView: {
            /**
             * Format: date-time
             * @description When the session ends, UTC
             */
            expires_at?: string;
            /** @description Who is signed in */
            name?: string;
            permissions: string[];
            signed_in: boolean;
        };
        SignIn: {
            /** @description The admin secret, printed once at the first start */
            secret: string;
        };
        StatusView: {
            config: components["schemas"]["ConfigStatus"];
            database: components["schemas"]["DatabaseStatus"];
            first_run: components["schemas"]["FirstRun"];
            journal: components["schemas"]["JournalStatus"];
            /** Format: date-time */
            started_at: string;
            /** Format: int64 */
            uptime_seconds: number;
            version: string;
        };
        TargetGroup: {
            /**
             * @description How a target is chosen within the group: random or in_order
             * @example random
             */
            selector: string;
            targets: components["schemas"]["TargetView"][];
        };
        TargetView: {
            /** @description False when the target or its provider is switched off */
            enabled: boolean;
            /** @description Upstream model */
            model: string;
            provider: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    "list-aliases": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AliasesOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "list-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeysOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "create-key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeyInput"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyCreated"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "delete-key": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The key's name */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "update-key": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The key's name */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeyPatch"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyView"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "get-openapi": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The OpenAPI 3.1 document */
            200: {
                headers: {
                    "Content-Type"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/openapi+json": Record<string, never>;
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "list-providers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProvidersOutputBody"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "list-requests": {
        parameters: {
            query?: {
                /** @description Start of the window, inclusive, RFC 3339 */
                from?: string;
                /** @description End of the window, exclusive, RFC 3339 */
                to?: string;
                /** @description Any of these outcomes */
                status?: ("ok" | "failed" | "refused" | "canceled" | "abandoned")[];
                /** @description Any of these key names */
                key?: string[];
                /** @description Any of these labels */
                label?: string[];
                /** @description Any of these aliases */
                alias?: string[];
                /** @description Any of these providers */
                provider?: string[];
                /** @description Any of these upstream models */
                model?: string[];
                /** @description Any of these client protocols */
                protocol?: string[];
                /** @description Any of these error kinds */
                error_kind?: string[];
                /** @description Only streamed, or only not streamed, requests */
                streamed?: "true" | "false";
                /** @description A leading part of the id, or any part of the error message */
                text?: string;
                /** @description Column to sort by */
                sort?: "start" | "duration" | "ttft" | "input_tokens" | "output_tokens" | "cost" | "key" | "alias" | "provider" | "status";
                order?: "asc" | "desc";
                /** @description Rows per page */
                limit?: number;
                /** @description From next of the page before; bound to sort and order */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestPage"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "watch-requests": {
        parameters: {
            query?: {
                /** @description Start of the window, inclusive, RFC 3339 */
                from?: string;
                /** @description End of the window, exclusive, RFC 3339 */
                to?: string;
                /** @description Any of these outcomes */
                status?: ("ok" | "failed" | "refused" | "canceled" | "abandoned")[];
                /** @description Any of these key names */
                key?: string[];
                /** @description Any of these labels */
                label?: string[];
                /** @description Any of these aliases */
                alias?: string[];
                /** @description Any of these providers */
                provider?: string[];
                /** @description Any of these upstream models */
                model?: string[];
                /** @description Any of these client protocols */
                protocol?: string[];
                /** @description Any of these error kinds */
                error_kind?: string[];
                /** @description Only streamed, or only not streamed, requests */
                streamed?: "true" | "false";
                /** @description A leading part of the id, or any part of the error message */
                text?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events named request, each with a RequestView as JSON data */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["RequestView"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "get-request": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The request's id, as in its x-request-id header */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestView"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "get-session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "sign-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "sign-out": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "get-status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatusView"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
}
