"""A faithful API Gateway for one Chalice app: HTTP request → Lambda proxy event → app → response.

The rooms, in the order in which a request goes through them: `wire` (bytes → request), `routes`,
`authorize`, `event`, `function` (the app is called), `response`, `wire` again. `gateway` joins
them, `server` holds the sockets, `environments` the processes.
"""
