import { onPostgres } from './postgres.ts';

onPostgres('Redis');
