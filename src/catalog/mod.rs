//! Catalogue: certifications and their exams, for anybody to browse; the programme's reference data.
