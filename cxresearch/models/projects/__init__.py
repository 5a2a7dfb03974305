"""Which CRM projects are in trouble, and which will fail."""
