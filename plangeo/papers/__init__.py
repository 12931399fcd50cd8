"""The papers an officer hands in: site sheets (PDF, PNG) and the dossier (Word)."""
