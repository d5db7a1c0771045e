"""The search language, and what it finds.

https://support.zendesk.com/hc/en-us/articles/4408886879258-Zendesk-Support-search-reference
"""
