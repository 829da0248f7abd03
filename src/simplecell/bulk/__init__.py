"""Very many pictures: packed once, or scored one part after the other, in bounded memory."""
