mod credentials_documents;
