"""The ticketing server: queues, tickets, conversations, service levels and history, on Postgres."""
