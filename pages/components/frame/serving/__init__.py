"""Files, pictures and downloads over HTTP, beside Streamlit's own."""
