"""Train the face detector: label photos with teachers, draw scenes, learn, export."""
