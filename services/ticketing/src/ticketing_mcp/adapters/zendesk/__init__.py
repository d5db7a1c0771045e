"""The ports on Zendesk Support (https://developer.zendesk.com/api-reference/ticketing/introduction/)."""
