//! HTTP and nothing else: the API and the embedded dashboard.
